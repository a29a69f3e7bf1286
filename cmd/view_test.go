package cmd

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// A history is made event by event, at given seconds after noon.
type history []journal.Event

func (h *history) add(seconds float64, kind journal.Kind, op int64, name string, data string, note journal.Note, commands ...journal.Command) {
	e := journal.Event{Seq: int64(len(*h)) + 1, At: after(seconds), Kind: kind, Op: op, Name: name, Note: note.Encode()}
	if data != "" {
		e.Data = json.RawMessage(data)
	}
	if len(commands) > 0 {
		e.Commands = journal.AppendCommands(nil, commands)
	}
	*h = append(*h, e)
}

func after(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func activity(op int64, name string) journal.Command {
	return journal.Command{Kind: journal.RunActivity, Op: op, Name: name, Where: "shop/pay.go:12"}
}

func timer(op int64, from, seconds float64) journal.Command {
	return journal.Command{Kind: journal.StartTimer, Op: op, For: time.Duration(seconds * float64(time.Second)), Due: after(from + seconds)}
}

// nap is the history of the durable example, killed once while it slept.
func nap() (h history) {
	h.add(0, journal.Started, 0, "", `{"sleep":"10s"}`, journal.Note{}, activity(1, "prepare"))
	h.add(0.004, journal.ActivityCompleted, 1, "prepare", `"T"`, journal.Note{Began: after(0.001)}, timer(2, 0.004, 10))
	h.add(10.004, journal.TimerFired, 2, "", "", journal.Note{Due: after(10.004)}, activity(3, "finish"))
	h.add(10.01, journal.ActivityCompleted, 3, "finish", `"ok"`, journal.Note{Began: after(10.008), Attempt: 2},
		journal.Command{Kind: journal.Complete, Data: json.RawMessage(`"ok"`)})
	return h
}

// show runs a view over histories given in parts and returns what it printed;
// now is the time of each redraw.
func show(t *testing.T, live bool, signals []string, crashes []journal.Crash, now time.Time, parts ...history) string {
	t.Helper()
	var b bytes.Buffer
	v := &view{screen: &screen{w: &b, live: live}, state: journal.NewState(), signals: signals, crashes: crashes, now: func() time.Time { return now }}
	for i, part := range parts {
		run := journal.Run{Status: journal.StatusOpen}
		if i == len(parts)-1 && v.state.Status.Closed() {
			run.Status = v.state.Status
		}
		require.NoError(t, v.see(sight{run: run, events: part}))
	}
	return b.String()
}

func TestViewInPipe(t *testing.T) {
	h := nap()
	crashes := []journal.Crash{{Seq: 2, Died: after(3.004), Back: after(7.004)}}
	got := show(t, false, nil, crashes, after(1), h[:1], h[1:2], h[2:])
	require.Equal(t, strings.Join([]string{
		"   0.0s  done   prepare          3ms",
		"   0.0s  sleep  10s              until 2026-05-01T12:00:10.004Z",
		"  10.0s  done   sleep 10s        about 3s before the crash, about 4s down, 3.0s after",
		"  10.0s  done   finish           2ms, attempt 2",
	}, "\n")+"\n", got)
}

func TestViewOnTerminal(t *testing.T) {
	h := nap()
	got := show(t, true, nil, nil, after(3), h[:1], h[1:2], h[2:3])
	const erase = "\r\x1b[K"
	require.Equal(t, "   0.0s  done   prepare          3ms\n"+
		"   0.0s  sleep  10s              7.0s left"+erase+
		"  10.0s  done   sleep 10s\n", got, "a step that is under way is shown only when the clock ticks")

	v := &view{screen: &screen{w: new(bytes.Buffer), live: true}, state: journal.NewState(), now: time.Now}
	require.NoError(t, v.skip(h[:1]))
	v.open = true
	require.NoError(t, v.tick(after(2)))
	require.Equal(t, "   0.0s  run    prepare          2.0s", v.screen.status)
}

func TestViewWaits(t *testing.T) {
	var h history
	h.add(0, journal.Started, 0, "", "", journal.Note{}, activity(1, "pay"), timer(2, 0, 3600))
	begin := h[:1:1]
	retry := append(history(nil), begin...)
	retry.add(1, journal.AttemptFailed, 1, "pay", `{"error":"no\u001b[2J"}`, journal.Note{Attempt: 1, Due: after(5)})
	paid := append(history(nil), begin...)
	paid.add(1, journal.ActivityCompleted, 1, "pay", "1", journal.Note{})
	child := append(history(nil), begin...)
	child.add(1, journal.ActivityCompleted, 1, "pay", "1", journal.Note{}, journal.Command{Kind: journal.CancelOp, Op: 2},
		journal.Command{Kind: journal.StartChild, Op: 3, Name: "ship"})
	idle := append(history(nil), begin...)
	idle.add(1, journal.ActivityCompleted, 1, "pay", "1", journal.Note{}, journal.Command{Kind: journal.CancelOp, Op: 2})

	for _, c := range []struct {
		name    string
		h       history
		signals []string
		want    string // the status line, without the time
	}{
		{"a step comes first", begin, nil, "run    pay              2.0s  (and 1 more)"},
		{"then the next attempt", retry, nil, "retry  pay              attempt 2 3.0s left  (and 1 more)"},
		{"then a timer", paid, nil, "sleep  1h               59m58s left"},
		{"which is a wait for signals", paid, []string{"approve", "reject"}, "wait   approve, reject  59m58s left"},
		{"then a child", child, nil, "wait   child ship"},
		{"then signals alone", idle, []string{"approve"}, "wait   approve"},
		{"or nothing", idle, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &view{screen: &screen{w: new(bytes.Buffer), live: true}, state: journal.NewState(), signals: c.signals, open: true}
			require.NoError(t, v.skip(c.h))
			require.NoError(t, v.tick(after(2)))
			_, status, _ := strings.Cut(v.screen.status, "s  ")
			require.Equal(t, c.want, status)
			v.open = false
			require.NoError(t, v.tick(after(3)))
			require.Empty(t, v.screen.status, "a run that has ended waits for nothing")
		})
	}
}

func TestLines(t *testing.T) {
	var h history
	h.add(0, journal.Started, 0, "", "", journal.Note{}, activity(1, "pay"), journal.Command{Kind: journal.StartChild, Op: 2, Name: "ship"},
		activity(3, "mail"), timer(4, 0, 60))
	h.add(1, journal.AttemptFailed, 1, "pay", `{"error":"no\u001b[2J"}`, journal.Note{Attempt: 1, Due: after(3.5)})
	h.add(4, journal.ActivityFailed, 1, "pay", `{"error":"no money"}`, journal.Note{Attempt: 2})
	h.add(5, journal.ChildCompleted, 2, "ship", `"x"`, journal.Note{})
	h.add(6, journal.SignalReceived, 0, "approve", `{"note":"looks good, and this goes on for longer than anybody reads"}`, journal.Note{By: "ada\x1b"})
	h.add(7, journal.SignalReceived, 0, "poke", `null`, journal.Note{})
	h.add(8, journal.CancelRequested, 0, "", `"too late"`, journal.Note{By: "eve"})
	h.add(60, journal.TimerFired, 4, "", "", journal.Note{})
	h.add(61, journal.Terminated, 0, "", `"enough"`, journal.Note{By: "bob"})

	crashes := []journal.Crash{
		{Seq: 1, Died: after(0.5), Back: after(0.7)}, {Seq: 7, Died: after(20), Back: after(25)}, {Seq: 7, Died: after(30), Back: after(35)},
		{Seq: 8, Died: after(60.5), Back: after(60.6)},
	}
	want := []line{
		{Seq: 2, Word: "retry", Name: "pay", Note: `attempt 1: no\x1b[2J; next in 2.5s`, Where: "shop/pay.go:12", paint: yellow},
		{Seq: 3, Word: "failed", Name: "pay", Note: "no money, attempt 2", Where: "shop/pay.go:12", paint: red},
		{Seq: 4, Word: "done", Name: "child ship", Note: "5.0s", paint: green},
		{Seq: 5, Word: "signal", Name: "approve", Note: `by ada\x1b: {"note":"looks good, and this goes on f…`, paint: cyan},
		{Seq: 6, Word: "signal", Name: "poke", paint: cyan},
		{Seq: 7, Word: "cancel", Name: "requested", Note: "by eve: too late", paint: yellow},
		{Seq: 8, Word: "done", Name: "sleep 1m", Note: "3 crashes, about 10s down in all", paint: green},
		{Seq: 9, Word: "ended", Name: "terminated", Note: "by bob: enough", paint: yellow},
	}
	var got []line
	state := journal.NewState()
	for i := range h {
		require.NoError(t, state.Apply(&h[i]))
		if l, ok := explain(&h[i], state, crashes); ok {
			require.Equal(t, h[i].At, l.At)
			l.At = time.Time{}
			got = append(got, l)
		}
	}
	require.Equal(t, want, got)
}

func TestInterruptions(t *testing.T) {
	op := &journal.Operation{Event: 2, At: after(0)}
	crash := func(died, back float64) journal.Crash {
		return journal.Crash{Seq: 2, Died: after(died), Back: after(back)}
	}
	unknown := journal.Crash{Seq: 2, Back: after(7)}
	for _, c := range []struct {
		crashes []journal.Crash
		want    string
	}{
		{nil, ""},
		{[]journal.Crash{crash(0, 0.7)}, "under 1s before the crash, under 1s down, 9.3s after"},
		{[]journal.Crash{crash(2.6, 7)}, "about 3s before the crash, about 4s down, 3.0s after"},
		{[]journal.Crash{crash(9.5, 130)}, ""}, // it had fired
		{[]journal.Crash{unknown}, "a crash, when is not known, 3.0s after"},
		{[]journal.Crash{crash(1, 2), unknown}, "2 crashes"},
		{[]journal.Crash{crash(1, 3), crash(4, 6)}, "2 crashes, about 4s down in all"},
	} {
		require.Equal(t, c.want, interruptions(op, after(10), c.crashes))
	}
	require.Equal(t, "about 1m41s", about(101*time.Second))
}

func TestDamagedHistory(t *testing.T) {
	h := nap()
	h[1].Seq = 7
	v := &view{screen: &screen{w: new(bytes.Buffer)}, state: journal.NewState(), now: time.Now}
	err := v.see(sight{events: h})
	require.ErrorIs(t, err, journal.ErrDamaged)
	require.Equal(t, exitFile, exitCode(err))
}

func TestResumeHeader(t *testing.T) {
	s := newInvocation(Program{})
	l := &launch{invocation: s, b: bound("durable")}
	h := nap()
	before := journal.Run{ID: "n", ULID: "01", Status: journal.StatusOpen, LastSeq: 2, LastAt: after(0.004), Crashes: 1}
	again := append(history(nil), h[:1]...)
	for _, c := range []struct {
		name   string
		p      picked
		change func(*journal.Run)
		now    float64
		want   string
	}{
		{"killed", picked{past: h[:2], run: journal.Run{Crashes: 2}, crashes: []journal.Crash{{}, {Died: after(1)}}}, nil, 5,
			"resuming durable n  interrupted 4s ago at event 2, 5.0s of sleep left, 1 step replayed, 0 run again; --new starts another one"},
		{"killed in a step", picked{past: again, run: journal.Run{Crashes: 2}, crashes: []journal.Crash{{Died: after(1)}}}, func(r *journal.Run) { r.LastSeq = 1 }, 5,
			"resuming durable n  interrupted 4s ago at event 1, 0 steps replayed, 1 run again; --new starts another one"},
		{"overslept", picked{past: h[:2], run: journal.Run{Crashes: 2}, crashes: []journal.Crash{{Died: after(1)}}}, nil, 70,
			"resuming durable n  interrupted 1m ago at event 2, its sleep ended 59s ago, 1 step replayed, 0 run again; --new starts another one"},
		{"killed, nobody knows when", picked{past: h[:2], run: journal.Run{Crashes: 2}, crashes: []journal.Crash{{Back: after(4)}}}, nil, 5,
			"resuming durable n  interrupted at event 2, 5.0s of sleep left, 1 step replayed, 0 run again; --new starts another one"},
		{"suspended", picked{past: h[:2], run: journal.Run{Crashes: 1}}, nil, 5,
			"resuming durable n  suspended, active 4s ago at event 2, 5.0s of sleep left, 1 step replayed, 0 run again; --new starts another one"},
		{"queued", picked{}, func(r *journal.Run) { r.LastSeq, r.Created = 0, after(2) }, 5,
			"resuming durable n  queued 3s ago, 0 steps replayed, 0 run again; --new starts another one"},
		{"stuck", picked{past: h[:2]}, func(r *journal.Run) { r.Status = journal.StatusStuck }, 5,
			"resuming durable n  stuck at event 2, 5.0s of sleep left, 1 step replayed, 0 run again; --new starts another one"},
		{"foreign", picked{foreign: true}, nil, 5, "following durable n, which another process runs; --new starts another one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := before
			if c.change != nil {
				c.change(&run)
			}
			got, err := l.resumeHeader(&c.p, run, after(c.now))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	_, err := l.resumeHeader(&picked{past: h[1:]}, before, noon)
	require.ErrorIs(t, err, journal.ErrDamaged)
}
