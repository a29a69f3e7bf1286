package examples

import (
	"errors"

	"github.com/seed139febb4/durable/runner"
)

// Tour calls those activities that its input asks for, all at the same time.
const Tour runner.Workflow[Stops, Album] = "tour"

// Stops says which activities to call.
type Stops struct {
	Fetch    string `json:"fetch,omitempty" usage:"an address to fetch"`
	Crunch   int    `json:"crunch,omitempty" usage:"units of work to do, a few milliseconds each"`
	Flaky    int    `json:"flaky,omitempty" usage:"how many attempts fail before one succeeds"`
	Hopeless bool   `json:"hopeless,omitempty" usage:"fail for good, and carry on"`
	Notify   string `json:"notify,omitempty" usage:"a file to which a line is added"`
}

// An Album holds what the stops gave.
type Album struct {
	Page     Page     `json:"page,omitzero"`
	Digest   Digest   `json:"digest,omitzero"`
	Flaky    string   `json:"flaky,omitempty"`
	GaveUp   bool     `json:"gave_up,omitempty"`
	Notified Notified `json:"notified,omitzero"`
}

func tour(ctx *runner.Context, in Stops) (album Album, err error) {
	var stops []*runner.Future[struct{}]
	stop := func(wanted bool, visit func(*runner.Context) error) {
		if wanted {
			stops = append(stops, ctx.Go(visit))
		}
	}
	stop(in.Fetch != "", func(ctx *runner.Context) (err error) {
		album.Page, err = Fetch.Do(ctx, in.Fetch)
		return err
	})
	stop(in.Crunch > 0, func(ctx *runner.Context) (err error) {
		album.Digest, err = Crunch.Do(ctx, Load{Units: in.Crunch})
		return err
	})
	stop(in.Flaky > 0, func(ctx *runner.Context) (err error) {
		album.Flaky, err = Flaky.Do(ctx, Trouble{Failures: in.Flaky})
		return err
	})
	stop(in.Hopeless, func(ctx *runner.Context) error {
		_, err := Flaky.Do(ctx, Trouble{Hopeless: true})
		album.GaveUp = errors.Is(err, ErrHopeless)
		if album.GaveUp {
			return nil
		}
		return err
	})
	stop(in.Notify != "", func(ctx *runner.Context) (err error) {
		album.Notified, err = Notify.Do(ctx, Notice{File: in.Notify, Text: "the tour was here"})
		return err
	})
	_, err = runner.All(ctx, stops...)
	return album, err
}
