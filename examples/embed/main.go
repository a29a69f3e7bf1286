// Command embed runs a workflow inside a program of its own, without the durable
// command line. Kill it while it sleeps, start it again, and it carries on.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

const Nap runner.Workflow[string, string] = "nap"

func nap(ctx *runner.Context, name string) (string, error) {
	err := ctx.Sleep(10 * time.Second)
	return "good morning, " + name, err
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	db, err := sqlite.Open("embed.db")
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := runner.New(db, Nap.Bind(nap))
	if err != nil {
		return err
	}
	h, err := Nap.Start(ctx, r, "nap-1", "Ada")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		fmt.Println(h.Wait(ctx))
		stop()
	}()
	return r.Run(ctx) // owns every goroutine it starts, and returns when all are gone
}
