package chaos_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// A workflow is killed before its second event is on disk, and started again
// until it ends.
func Example() {
	ctx, lab := context.Background(), newLab()
	defer os.RemoveAll(lab.Dir)
	orders := chaos.Orders{Kills: []chaos.Kill{{
		Token: "before event 2",
		At:    journal.Moment{Point: journal.TurnBefore, Seq: 2},
	}}}
	for code := -1; code != 0; {
		p, err := lab.Start(ctx, orders, "run", "durable", "--sleep=10ms")
		check(err)
		code, err = p.Wait(ctx)
		check(err)
		fmt.Println("exit code", code)
	}
	broken, err := lab.Check(ctx)
	check(err)
	fmt.Println("broken promises:", broken)
	// Output:
	// exit code -1
	// exit code 0
	// broken promises: []
}

// Killed from outside, as soon as the ledger says that the activity has begun.
func ExampleProcess() {
	ctx, lab := context.Background(), newLab()
	defer os.RemoveAll(lab.Dir)
	p, err := lab.Start(ctx, chaos.Orders{}, "run", "durable", "--sleep=1h")
	check(err)
	_, err = lab.Await(ctx, func(e *chaos.Entry) bool { return e.What == chaos.Called && e.Name == "prepare" })
	check(err)
	check(p.Kill())
	code, err := p.Wait(ctx)
	check(err)
	fmt.Println("exit code", code)
	// Output: exit code -1
}

// What happened outside of the journal: prepare was called by two processes,
// since the first one died before its result was on disk.
func ExampleLedger() {
	ctx, lab := context.Background(), newLab()
	defer os.RemoveAll(lab.Dir)
	orders := chaos.Orders{Kills: []chaos.Kill{{Token: "back", At: journal.Moment{Point: journal.ActivityBack, Name: "prepare"}}}}
	for range 2 {
		p, err := lab.Start(ctx, orders, "run", "durable", "--sleep=10ms")
		check(err)
		_, err = p.Wait(ctx)
		check(err)
	}
	entries, err := lab.Ledger()
	check(err)
	for _, e := range entries {
		if e.Name == "prepare" {
			fmt.Println(e.What, e.Name)
		}
	}
	// Output:
	// called prepare
	// returned prepare
	// killed prepare
	// called prepare
	// returned prepare
	// recorded prepare
}

// An activity of one's own that counts what it does.
func ExampleLedger_Note() {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	ledger, err := chaos.OpenLedger(dir + "/mails.jsonl")
	check(err)
	check(ledger.Note("mail to ada"))
	check(ledger.Close())
	entries, err := chaos.ReadLedger(dir + "/mails.jsonl")
	check(err)
	fmt.Println(len(entries), entries[0].What, entries[0].Text)
	// Output: 1 effect mail to ada
}

func ExampleLab_Look() {
	ctx, lab := context.Background(), newLab()
	defer os.RemoveAll(lab.Dir)
	p, err := lab.Start(ctx, chaos.Orders{}, "run", "hello", "--id=h")
	check(err)
	_, err = p.Wait(ctx)
	check(err)
	check(lab.Look(func(db *sqlite.DB) error {
		run, err := db.Run(ctx, journal.Ref{ID: "h"})
		fmt.Println(run.Workflow, run.Status)
		return err
	}))
	// Output: hello completed
}

func ExampleRun() {
	report, err := chaos.Run(context.Background(), chaos.Options{Only: []string{"signal-dead"}})
	check(err)
	for _, s := range report.Scenarios {
		fmt.Printf("%s: %s, %d killed, %d lost: %s\n", s.Scenario, s.Title, s.Kills, s.Lost, s.Verdict)
	}
	// Output: signal-dead: a signal while nobody runs, 1 killed, 0 lost: pass
}

// newLab is a Lab whose processes are this test binary: TestMain makes it the
// program.
func newLab() *chaos.Lab {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	lab, err := chaos.NewLab(dir)
	check(err)
	return lab
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
