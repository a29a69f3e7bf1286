package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

// TestForsaken: what was given up, or came to nothing, is in the timeline, once,
// and with the reason.
func TestForsaken(t *testing.T) {
	giveUp := func(op int64) journal.Command { return journal.Command{Kind: journal.CancelOp, Op: op} }
	waits := giveUp(4)
	waits.Name = journal.WaitForAnswer
	var h history
	h.add(0, journal.Started, 0, "", "", journal.Note{}, activity(1, "pay"), timer(2, 0, 60), activity(3, "ship"), activity(4, "tidy"), timer(5, 0, 90))
	h.add(1, journal.ActivityCompleted, 1, "pay", "1", journal.Note{}, giveUp(2))
	h.add(2, journal.CancelRequested, 0, "", "", journal.Note{By: "ada"}, giveUp(3), waits)
	open := h[:3:3]
	complete := append(history(nil), open...)
	complete.add(3, journal.ActivityCompleted, 4, "tidy", "1", journal.Note{}, journal.Command{Kind: journal.Complete})
	terminated := append(history(nil), open...)
	terminated.add(3, journal.Terminated, 0, "", "", journal.Note{})

	type row struct {
		seq              int64
		word, name, note string
	}
	common := []row{
		{2, "done", "pay", "1.0s"},
		{2, "canceled", "sleep 1m", "not needed any more"},
		{3, "cancel", "requested", "by ada"},
		{3, "canceled", "ship", ""},
	}
	for _, c := range []struct {
		name string
		h    history
		want []row
	}{
		{"open", open, []row{
			{1, "run", "tidy", "canceled: its answer is waited for"},
			{1, "sleep", "1m30s", "until 2026-05-01T12:01:30Z"},
		}},
		{"completed", complete, []row{
			{4, "done", "tidy", "3.0s"},
			{4, "dropped", "sleep 1m30s", "not needed: the run was complete"},
		}},
		{"terminated", terminated, []row{
			{3, "canceled", "tidy", "the run ended before its answer"},
			{4, "ended", "terminated", ""},
			{4, "dropped", "sleep 1m30s", "the run ended first: terminated"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, err := journal.Fold(c.h)
			require.NoError(t, err)
			rec := &record{events: c.h, state: state}
			var got []row
			for _, l := range rec.lines() {
				got = append(got, row{l.Seq, l.Word, l.Name, l.Note})
				require.False(t, l.At.IsZero())
			}
			require.Equal(t, append(common, c.want...), got)
		})
	}
}

// TestUserFrames: of a stack those frames are shown that the user wrote.
func TestUserFrames(t *testing.T) {
	const stack = "goroutine 28 [running]:\n" +
		"runtime/debug.Stack()\n\t/go/src/runtime/debug/stack.go:26 +0x5e\n" +
		"github.com/seed139febb4/durable/runner/engine.newCoroutine.func1.1()\n\t/w/runner/engine/coroutine.go:41 +0xf4\n" +
		"panic({0xa39fa0?, 0x34?})\n\t/go/src/runtime/panic.go:860 +0x13a\n" +
		"main.inner(...)\n\t/w/shop/main.go:19\n" +
		"example.com/shop.(*desk).ship(0x7f?)\n\t/w/shop/desk.go:26 +0xa\n" +
		"github.com/seed139febb4/durable/runner.(*Context).Go.func1({0xaa, 0x34})\n\t/w/runner/context.go:85 +0x99\n" +
		"iter.Pull[...].func1()\n\t/go/src/iter/iter.go:301 +0xe5\n" +
		"created by iter.Pull[...] in goroutine 25\n\t/go/src/iter/iter.go:271 +0x90\n"
	require.Equal(t, []frame{{"main.inner", "shop/main.go:19"}, {"shop.(*desk).ship", "shop/desk.go:26"}}, userFrames(stack))
	require.Equal(t, [][2]string{
		{"panic at", "shop/main.go:19"}, {"stack", "main.inner  shop/main.go:19"}, {"stack", "shop.(*desk).ship  shop/desk.go:26"},
	}, stackRows(stack))
	require.Empty(t, userFrames(""))
	require.Empty(t, userFrames("no stack\nat all"))
	require.Equal(t, [][2]string{{"reason", "{"}}, problemRows([]byte("{")))
}
