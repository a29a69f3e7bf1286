package examples

import (
	"context"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// Durable sleeps. Kill its process while it does, start it again, and it sleeps
// no longer than it would have, and does nothing twice.
const Durable runner.Workflow[Nap, Rested] = "durable"

// A Nap says how long to sleep.
type Nap struct {
	Sleep runner.Duration `json:"sleep" usage:"how long to sleep" default:"10s"`
}

// Rested is what there is to say after a Nap.
type Rested struct {
	Message string `json:"message"`
	Ticket  string `json:"ticket"` // from prepare
	Row     int64  `json:"row"`    // in the ledger, written exactly once
}

func durable(ctx *runner.Context, in Nap) (Rested, error) {
	ticket, err := Prepare.Do(ctx, Request{Title: "sleep " + in.Sleep.String()})
	if err != nil {
		return Rested{}, err
	}

	if err := ctx.Sleep(time.Duration(in.Sleep)); err != nil {
		return Rested{}, err
	}

	row, err := Record.Do(ctx, Entry{Ticket: ticket, Text: "slept " + in.Sleep.String(), At: ctx.Now()})
	if err != nil {
		return Rested{}, err
	}

	return runner.Step(ctx, "finish", func(context.Context) (Rested, error) {
		return Rested{Message: "slept " + in.Sleep.String(), Ticket: ticket, Row: row}, nil
	})
}
