package main

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/bench/suite/port"
)

// The test binary is a peer's program, too, of a peer that does nothing right.
const asPeer = "BENCH_TEST_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(asPeer) != "" {
		port.Serve(port.Peer{
			Name: "fake", Version: "0", Durable: "not at all",
			Open: func(context.Context, string, *port.Work) (port.System, error) { return fake{}, nil },
		})
	}
	os.Exit(m.Run())
}

type fake struct{}

func (fake) Sequence(context.Context, int) error { return nil }

func (fake) Fan(context.Context, int) error { return errors.New("a fan\nbroke") }

func (fake) Sleep(context.Context) error { return port.NotOffered("it does not sleep") }

func (fake) Await(context.Context, string, int) error {
	os.Exit(7)
	return nil
}

func (fake) Signal(context.Context, string) error { return nil }

func (fake) Result(context.Context, string) error { return nil }

func (fake) Hang(context.Context) error { select {} }

func (fake) Close() error { return nil }

func TestWhatAPeerDoesWrongStaysInItsColumn(t *testing.T) {
	t.Setenv(asPeer, "yes")
	program, err := os.Executable()
	require.NoError(t, err)
	entries := ask(t.Context(), program, nil, nil, "", io.Discard)
	require.Len(t, entries, 1)

	r := &report{}
	s := settings{rounds: 2, time: 10 * time.Second, sizes: port.Tiny()}
	quick := []port.Workload{}
	for _, w := range port.Workloads() {
		if w.Name != "W6" { // which hangs
			quick = append(quick, w)
		}
	}
	sit(t.Context(), r, s, quick, entries, sitting{work: t.TempDir(), log: io.Discard, say: t.Logf})
	require.Len(t, r.of("W1", "fake").Samples["p50"], 2)
	require.Contains(t, r.markdown(), "at once. fake: a fan broke.\n")
	require.Equal(t, "it does not sleep", r.of("W4", "fake").None)
	require.Contains(t, r.of("W8", "fake").Failed, "ended before")
	require.Len(t, r.of("W9", "fake").Samples["program"], 2)
}

func TestAPeerThatHangsIsKilled(t *testing.T) {
	t.Setenv(asPeer, "yes")
	program, err := os.Executable()
	require.NoError(t, err)
	entries := ask(t.Context(), program, nil, nil, "", io.Discard)

	r := &report{}
	workloads, err := chosen("w6")
	require.NoError(t, err)
	s := settings{rounds: 1, time: 200 * time.Millisecond, sizes: port.Tiny()}
	sit(t.Context(), r, s, workloads, entries, sitting{work: t.TempDir(), log: io.Discard, say: t.Logf})
	require.Contains(t, r.of("W6", "fake").Failed, "more than 200ms")
}
