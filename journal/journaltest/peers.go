package journaltest

import (
	"context"
	"errors"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// listener is a peer that hands on what it is told.
type listener struct {
	nudged chan int64
	died   chan struct{}
	answer func([]byte) ([]byte, error)
}

func newListener() *listener {
	return &listener{nudged: make(chan int64, 100), died: make(chan struct{}, 100)}
}

func (l *listener) Nudged(run int64) { l.nudged <- run }
func (l *listener) Died()            { l.died <- struct{}{} }
func (l *listener) Called(_ context.Context, question []byte) ([]byte, error) {
	return l.answer(question)
}

// listen makes a handle join anew, as a process that listens.
func (t *tester) listen(s journal.Store) *listener {
	t.Helper()
	l := newListener()
	t.noError(s.(journal.Shared).Leave())
	t.noError(s.(journal.Shared).Join(bg, l))
	return l
}

// hears nudges until it is heard: those that have just joined may be missed.
func (l *listener) hears(t *tester, from journal.Store, run int64) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); {
		from.(journal.Shared).Nudge(run)
		select {
		case heard := <-l.nudged:
			if heard == run {
				return
			}
		case <-again.C:
		}
	}
	t.failf("waited in vain for the nudge")
}

var peerCases = []testCase{
	{
		name: "changed",
		why:  "a handle is told when another one has committed something",
		need: twoHandles,
		test: func(t *tester) {
			b := t.open()
			changed := b.Changed()
			for range 3 {
				for drained := false; !drained; {
					select {
					case <-changed:
					default:
						drained = true
					}
				}
				t.queue(t.store, "w")
				await(t, "Changed", changed)
			}
		},
	},
	{
		name: "join",
		why:  "a process joins once; leaving twice is no error",
		need: sharing,
		test: func(t *tester) {
			s := t.store.(journal.Shared)
			t.must(s.Join(bg, silent{}) != nil, "joined twice")
			t.noError(s.Leave())
			t.noError(s.Leave())
			t.noError(s.Join(bg, silent{}))
		},
	},
	{
		name: "nudge/owner",
		why:  "a nudge reaches the owner of the run",
		need: sharing,
		test: func(t *tester) {
			l := t.listen(t.store)
			b := t.open()
			st := t.begin(t.store)
			b.(journal.Shared).Nudge(st.key)
			t.same("the nudge", await(t, "the nudge", l.nudged), st.key)
		},
	},
	{
		name: "nudge/everybody",
		why:  "a nudge for a run that nobody owns reaches all others; one for a run that is not there does no harm",
		need: sharing,
		test: func(t *tester) {
			b, c := t.open(), t.open()
			lb, lc := t.listen(b), t.listen(c)
			key := t.queue(t.store, "w")
			t.store.(journal.Shared).Nudge(1 << 40)
			for _, l := range []*listener{lb, lc} {
				l.hears(t, t.store, key)
			}
		},
	},
	{
		name: "call",
		why:  "a question is answered by the process it is for, be it with an error; nobody answers for one that is not there",
		need: sharing,
		test: func(t *tester) {
			l := t.listen(t.store)
			l.answer = func(q []byte) ([]byte, error) {
				if len(q) == 0 {
					return nil, errors.New("ask something")
				}
				return append([]byte("re: "), q...), nil
			}
			b := t.open()
			st := t.begin(t.store)
			owner := t.run(b, st.key).Owner
			answer, err := b.(journal.Shared).Call(bg, owner, []byte("how?"))
			t.noError(err)
			t.same("the answer", string(answer), "re: how?")
			_, err = b.(journal.Shared).Call(bg, owner, nil)
			t.must(err != nil, "an error was not handed on")
			ctx, cancel := context.WithTimeout(bg, limit)
			defer cancel()
			_, err = b.(journal.Shared).Call(ctx, owner+1000, []byte("how?"))
			t.must(errors.Is(err, journal.ErrHeld), "a call to nobody: %v", err)
		},
	},
	{
		name: "died",
		why:  "the death of a process is told to the others, and its runs are free by then",
		need: killing,
		test: func(t *tester) {
			if _, shared := t.store.(journal.Shared); !shared {
				t.Skip("this store is not shared")
			}
			l := t.listen(t.store)
			b := t.open()
			st := t.begin(b)
			l.hears(t, b, 1<<40) // now they know of each other
			t.kill(b)
			await(t, "the death notice", l.died)
			t.same("claimed", t.claimed(t.store, st.key), []int64{st.key})
		},
	},
}
