package journal_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/seed139febb4/durable/journal"
)

func BenchmarkCommands(b *testing.B) {
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		room := make([]byte, 0, 1024)
		for b.Loop() {
			room = journal.AppendCommands(room[:0], commands[:1])
		}
	})
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(commands[:1])
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		e := journal.Event{Commands: journal.AppendCommands(nil, commands[:1])}
		for b.Loop() {
			_, _ = e.Asked()
		}
	})
}

func BenchmarkNote(b *testing.B) {
	n := journal.Note{Attempt: 2, Began: noon}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.Encode()
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		e := journal.Event{Note: n.Encode()}
		for b.Loop() {
			e.Facts()
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	b.ReportAllocs()
	e := journal.Event{Seq: 7, At: noon, Kind: journal.ActivityCompleted, Op: 3, Name: "process",
		Data: json.RawMessage(`{"ok":true}`), Commands: journal.AppendCommands(nil, commands[:1])}
	for b.Loop() {
		journal.Seal(1, &e)
	}
}

// A step of a sequential workflow, folded: its result comes in, the next is
// asked for.
func BenchmarkFold(b *testing.B) {
	history := sequential(1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := journal.Fold(history); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(history)), "ns/event")
}

func BenchmarkMemoryAppend(b *testing.B) {
	b.ReportAllocs()
	history := sequential(1000)
	for b.Loop() {
		s := journal.NewMemory().Open()
		_ = s.Join(b.Context(), nil)
		c := &journal.Create{ULID: "01", Workflow: "w", At: noon, Own: true}
		_ = s.Commit(c)
		for i := range history {
			a := journal.Append{Run: c.Key, Fence: 1, Event: history[i], Phase: journal.Running}
			if err := s.Commit(&a); err != nil || a.Err != nil {
				b.Fatal(err, a.Err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(history)), "ns/event")
}

// sequential is the history of a workflow that does n activities, one after the
// other, in a run called A.
func sequential(n int64) []journal.Event {
	var history []journal.Event
	sum := journal.Root("A")
	for seq := range n + 1 {
		e := journal.Event{Seq: seq + 1, At: noon.Add(time.Duration(seq)), Kind: journal.ActivityCompleted, Op: seq, Name: "process", Data: json.RawMessage(`{"ok":true}`)}
		if seq == 0 {
			e.Kind, e.Name = journal.Started, ""
		}
		c := journal.Command{Kind: journal.RunActivity, Op: seq + 1, Name: "process", Data: json.RawMessage(`{"amount":12}`), Where: "shop/order.go:12"}
		if seq == n {
			c = journal.Command{Kind: journal.Complete, Data: json.RawMessage(`1`)}
		}
		e.Commands = journal.AppendCommands(nil, []journal.Command{c})
		journal.Seal(sum, &e)
		sum = e.Sum
		history = append(history, e)
	}
	return history
}
