package examples

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/seed139febb4/durable/runner/runnertest"
)

// final reports whether an activity that returned err is not tried again.
func final(err error, opts host.Options) bool { return opts.Final(host.Encode(err)) }

func TestPrepare(t *testing.T) {
	one, err := prepare(t.Context(), Request{Title: "shoes"})
	require.NoError(t, err)
	again, err := prepare(t.Context(), Request{Title: "shoes"})
	require.NoError(t, err)
	other, err := prepare(t.Context(), Request{Title: "hat"})
	require.NoError(t, err)
	require.Equal(t, one, again)
	require.NotEqual(t, one, other)
}

func TestFetch(t *testing.T) {
	opts := Fetch.Bind(fetch, fetchOptions...).Options
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/busy":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		case "/short":
			w.Header().Set("Content-Length", "10")
		}
		_, _ = w.Write([]byte("hello"))
	}))
	defer server.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()

	t.Run("ok", func(t *testing.T) {
		page, err := fetch(t.Context(), server.URL)
		require.NoError(t, err)
		require.Equal(t, Page{Status: 200, Type: "text/plain", Bytes: 5}, page)
	})
	for _, c := range []struct {
		name, address string
		final         bool
	}{
		{"not found", server.URL + "/missing", true},
		{"too many requests", server.URL + "/busy", false},
		{"bad gateway", server.URL + "/broken", false},
		{"cut short", server.URL + "/short", false},
		{"nobody there", gone.URL, false},
		{"no address", "://", true},
		{"not the web", "file:///etc/hosts", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := fetch(t.Context(), c.address)
			require.Error(t, err)
			require.Equal(t, c.final, final(err, opts), "%v", err)
			require.Equal(t, c.name == "not found", errors.Is(err, ErrRefused))
		})
	}
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := fetch(ctx, server.URL)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestNotify(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notices")
	call := func(key, text string) {
		t.Helper()
		ctx := host.WithTask(t.Context(), &host.Task{Key: key})
		done, err := notify(ctx, Notice{File: file, Text: text})
		require.NoError(t, err)
		require.Equal(t, key, done.Key)
	}
	call("key-1", "one")
	call("key-1", "one") // as after a crash before the first was recorded
	call("key-10", "ten")
	call("key-1", "one")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "key-1\tone\nkey-10\tten\n", string(text))

	_, err = notify(t.Context(), Notice{File: filepath.Join(file, "below a file"), Text: "lost"})
	require.ErrorContains(t, err, "notify: ")
}

func TestCrunchGoesOn(t *testing.T) {
	load := Load{Units: 4}
	whole, err := crunch(t.Context(), load)
	require.NoError(t, err)
	require.Equal(t, 4, whole.Units)

	// Each attempt does one unit before its context ends.
	var last json.RawMessage
	for want := 1; ; want++ {
		ctx, cancel := context.WithCancel(t.Context())
		ctx = host.WithTask(ctx, &host.Task{Attempt: 1, Last: last, Heartbeat: func(progress json.RawMessage) {
			last = progress
			cancel()
		}})
		_, err = crunch(ctx, load)
		var at Digest
		require.NoError(t, json.Unmarshal(last, &at))
		require.Equal(t, want, at.Units)
		if want == load.Units {
			require.Equal(t, whole, at)
			break
		}
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestFlaky(t *testing.T) {
	try := func(attempt int, in Trouble) (string, error) {
		return flaky(host.WithTask(t.Context(), &host.Task{Attempt: attempt}), in)
	}
	_, err := try(2, Trouble{Failures: 2})
	require.ErrorIs(t, err, ErrBadMoment)
	require.False(t, final(err, host.Options{}))
	text, err := try(3, Trouble{Failures: 2})
	require.NoError(t, err)
	require.Equal(t, "succeeded on attempt 3", text)
	_, err = try(1, Trouble{Hopeless: true})
	require.ErrorIs(t, err, ErrHopeless)
	require.True(t, final(err, host.Options{}))
}

func TestTour(t *testing.T) {
	notices := filepath.Join(t.TempDir(), "notices")
	r := runnertest.Start(t, Bindings()...)
	h, err := Tour.Start(t.Context(), r, "", Stops{Crunch: 2, Flaky: 1, Hopeless: true, Notify: notices})
	require.NoError(t, err)
	album, err := h.Wait(t.Context())
	require.NoError(t, err)
	digest, err := crunch(t.Context(), Load{Units: 2})
	require.NoError(t, err)
	require.Equal(t, digest, album.Digest)
	require.Equal(t, "succeeded on attempt 2", album.Flaky)
	require.True(t, album.GaveUp)
	require.NotEmpty(t, album.Notified.Key)
	text, err := os.ReadFile(notices)
	require.NoError(t, err)
	require.Equal(t, album.Notified.Key+"\tthe tour was here\n", string(text))

	raw, err := r.RunResult(t.Context(), h.ULID)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "page", "what was not asked for is left out")

	_, err = Tour.Start(t.Context(), r, "nothing", Stops{})
	require.NoError(t, err)
	album, err = Tour.Handle(r, "nothing").Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, Album{}, album)

	_, err = Tour.Start(t.Context(), r, "nowhere", Stops{Fetch: "nowhere"})
	require.NoError(t, err)
	_, err = Tour.Handle(r, "nowhere").Wait(t.Context())
	var f runner.Failure
	require.False(t, errors.As(err, &f))
	require.ErrorContains(t, err, `activity "fetch": fetch nowhere: not an address of the web`)
}
