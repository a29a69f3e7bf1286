package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	db, err := sqlite.Open(filepath.Join(folder, "durable.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	run := &journal.Create{ULID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", ID: "order-7", Workflow: "order", At: time.Now()}
	again := &journal.Create{ULID: "01BX5ZZKBKACTAV9WEVGEMMVRZ", ID: "order-7", Workflow: "order", At: time.Now()}
	if err := db.Commit(run, again); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.Refused(), again.Refused())
	found, err := db.Run(context.Background(), journal.Ref{ID: "order-7"})
	fmt.Println(found.Workflow, found.Status, found.Phase, err)
	// Output:
	// <nil> create run order-7: the id is taken
	// order open queued <nil>
}

func ExampleDB_Backup() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	db, err := sqlite.Open(filepath.Join(folder, "durable.db"), sqlite.Exclusive)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	fmt.Println(db.Backup(context.Background(), filepath.Join(folder, "copy.db")))
	copied, err := sqlite.Open(filepath.Join(folder, "copy.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer copied.Close()
	fmt.Println(copied.Integrity(context.Background()))
	// Output:
	// <nil>
	// [] <nil>
}
