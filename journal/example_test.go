package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A history says what a run is doing.
func ExampleFold() {
	dawn := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	history := []journal.Event{
		{Seq: 1, At: dawn, Kind: journal.Started, Commands: json.RawMessage(`[{"do":"activity","op":1,"name":"charge"}]`)},
		{Seq: 2, At: dawn, Kind: journal.AttemptFailed, Op: 1, Name: "charge", Data: json.RawMessage(`{"error":"no answer"}`),
			Note: journal.Note{Attempt: 1, Due: dawn.Add(time.Second)}.Encode()},
	}
	state, err := journal.Fold(history)
	if err != nil {
		fmt.Println(err)
		return
	}
	charge := state.Op(1)
	fmt.Println(state.Phase(), charge.Command.Name, "after", len(charge.Failed), "failed attempt")
	// Output: retrying charge after 1 failed attempt
}

// A journal that keeps its promises yields nothing.
func ExampleCheck() {
	store := journal.NewMemory().Open()
	_ = store.Commit(&journal.Create{ULID: "01K00000000000000000000000", Workflow: "hello", At: time.Now(), Input: json.RawMessage(`"ada"`)})
	for violation, err := range journal.Check(context.Background(), store) {
		fmt.Println(violation, err)
	}
	fmt.Println("checked")
	// Output: checked
}

// A process dies while it commits; another one carries on with what is there.
func ExampleMemory() {
	disk := journal.NewMemory()
	first := disk.Open()
	disk.Inject(func(*journal.MemoryStore, []journal.Write) journal.Fault { return journal.CrashAfter })
	err := first.Commit(&journal.Create{ULID: "01K00000000000000000000000", ID: "order-1", Workflow: "ship", At: time.Now(), Input: json.RawMessage(`1`)})
	fmt.Println(err)

	disk.Inject(nil)
	second := disk.Open()
	run, err := second.Run(context.Background(), journal.Ref{ID: "order-1"})
	fmt.Println(run.Status, run.Phase, err)
	// Output:
	// committing: the store has failed
	// open queued <nil>
}
