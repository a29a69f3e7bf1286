package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNudge(t *testing.T) {
	path := base(t)
	a, am, ar := join(t, path)
	b, bm, br := join(t, path)
	c, cm, cr := join(t, path)
	for _, token := range []string{bm.Token(), cm.Token()} {
		linked(t, a, token)
	}
	t.Run("one", func(t *testing.T) {
		a.Nudge(bm.Token(), 1)
		require.EqualValues(t, 1, await(t, br.nudged, "the nudge"))
		require.Empty(t, cr.nudged)
	})
	t.Run("all others", func(t *testing.T) {
		a.Nudge("", 2)
		require.EqualValues(t, 2, await(t, br.nudged, "the nudge at b"))
		require.EqualValues(t, 2, await(t, cr.nudged, "the nudge at c"))
		require.Empty(t, ar.nudged)
	})
	t.Run("against the direction of the dialing", func(t *testing.T) {
		c.Nudge(am.Token(), 3)
		b.Nudge(am.Token(), 3)
		require.EqualValues(t, 3, await(t, ar.nudged, "the first"))
		require.EqualValues(t, 3, await(t, ar.nudged, "the second"))
	})
	t.Run("by one who is no member", func(t *testing.T) {
		d := open(t, path)
		d.Nudge("", 4)
		for _, r := range []*recorder{ar, br, cr} {
			require.EqualValues(t, 4, await(t, r.nudged, "the nudge"))
		}
		d.Nudge(bm.Token(), 5)
		require.EqualValues(t, 5, await(t, br.nudged, "the nudge"))
		h := d.hub()
		h.mu.Lock()
		require.Len(t, h.all, 3, "connections are used again")
		h.mu.Unlock()
	})
	t.Run("nobody", func(t *testing.T) {
		a.Nudge(am.Token(), 6)
		a.Nudge("../x", 6)
		a.Nudge(stray(t, a, "pid 1\n"), 6)
		open(t, base(t)).Nudge("", 6)
		for _, r := range []*recorder{ar, br, cr} {
			require.Empty(t, r.nudged)
		}
	})
	t.Run("more than one can hear", func(t *testing.T) {
		deaf := &recorder{nudged: make(chan int64), died: make(chan struct{}, 10)} // blocks, against the rules
		d := open(t, path)
		m, err := d.Join(deaf)
		require.NoError(t, err)
		for n := range 100_000 {
			a.Nudge(m.Token(), int64(n))
		}
		leave := make(chan error, 1)
		go func() { leave <- m.Leave() }()
		for {
			select {
			case <-deaf.nudged:
			case err := <-leave:
				require.NoError(t, err)
				return
			}
		}
	})
}

func TestCall(t *testing.T) {
	path := base(t)
	a, am, ar := join(t, path)
	b, _, _ := join(t, path)
	client := open(t, path)
	for name, d := range map[string]*Dir{"a member": b, "one who is none": client, "oneself": a} {
		t.Run("by "+name, func(t *testing.T) {
			reply, err := d.Call(t.Context(), am.Token(), []byte("hello"))
			require.NoError(t, err)
			require.Equal(t, "re: hello", string(reply))
		})
	}
	t.Run("empty", func(t *testing.T) {
		reply, err := b.Call(t.Context(), am.Token(), nil)
		require.NoError(t, err)
		require.Equal(t, "re: ", string(reply))
	})
	t.Run("an error crosses as text", func(t *testing.T) {
		_, err := b.Call(t.Context(), am.Token(), []byte("fail"))
		var remote RemoteError
		require.ErrorAs(t, err, &remote)
		require.Equal(t, "it failed", remote.Error())
	})
	t.Run("many at once", func(t *testing.T) {
		var all sync.WaitGroup
		failed := make(chan error, 100)
		for n := range 100 {
			all.Go(func() {
				q := fmt.Sprint(n)
				reply, err := b.Call(t.Context(), am.Token(), []byte(q))
				if err == nil && string(reply) != "re: "+q {
					err = fmt.Errorf("%q answers %q", reply, q)
				}
				if err != nil {
					failed <- err
				}
			})
		}
		all.Wait()
		require.Empty(t, failed)
	})
	t.Run("as long as can be", func(t *testing.T) {
		q := bytes.Repeat([]byte("x"), MaxMessage-len("re: "))
		reply, err := b.Call(t.Context(), am.Token(), q)
		require.NoError(t, err)
		require.Len(t, reply, MaxMessage)
		_, err = b.Call(t.Context(), am.Token(), append(q, q[:4]...))
		require.ErrorContains(t, err, "the answer is too long")
		_, err = b.Call(t.Context(), am.Token(), append(q, q[:5]...))
		require.ErrorContains(t, err, "the question is too long")
	})
	t.Run("the asker gives up", func(t *testing.T) {
		asked, ended := make(chan struct{}), make(chan struct{})
		usual := ar.answer
		ar.answer = func(ctx context.Context, _ []byte) ([]byte, error) {
			close(asked)
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		_, err := b.Call(ctx, am.Token(), []byte("for ever"))
		require.ErrorIs(t, err, context.Canceled)
		await(t, ended, "the end of the question's context")
		ar.answer = usual
	})
	t.Run("nobody", func(t *testing.T) {
		token, err := newToken()
		require.NoError(t, err)
		_, err = b.Call(t.Context(), token, nil)
		require.ErrorIs(t, err, ErrUnreachable)
		_, err = b.Call(t.Context(), "../x", nil)
		require.ErrorIs(t, err, ErrToken)
	})
	t.Run("one who leaves meanwhile", func(t *testing.T) {
		d := open(t, path)
		asked := make(chan struct{})
		r := newRecorder()
		r.answer = func(ctx context.Context, _ []byte) ([]byte, error) {
			close(asked)
			<-ctx.Done()
			return nil, errors.New("never sent")
		}
		m, err := d.Join(r)
		require.NoError(t, err)
		go func() { <-asked; _ = m.Leave() }()
		_, err = b.Call(t.Context(), m.Token(), nil)
		require.Error(t, err)
	})
	t.Run("by a closed handle", func(t *testing.T) {
		require.NoError(t, client.Close())
		_, err := client.Call(t.Context(), am.Token(), nil)
		require.ErrorIs(t, err, fs.ErrClosed)
		client.Nudge("", 1)
		client.Announce()()
	})
}

func TestAnnounce(t *testing.T) {
	path := base(t)
	a, _, _ := join(t, path)
	client := open(t, path)
	require.False(t, a.Turnstile().Crowded())
	done := client.Announce()
	until(t, a.Turnstile().Crowded, "the member knows of the client")
	require.True(t, client.Turnstile().Crowded())
	done()
	done()
	until(t, func() bool { return !a.Turnstile().Crowded() && !client.Turnstile().Crowded() }, "it is quiet again")
	t.Run("a member need not", func(t *testing.T) {
		a.Announce()()
		require.False(t, a.Turnstile().Crowded())
	})
}
