package chaos

import (
	"time"

	"github.com/seed139febb4/durable/examples"
	"github.com/seed139febb4/durable/runner"
)

// The workflows of this package. Their results follow from their inputs alone.
const (
	slow    runner.Workflow[Pause, string]      = "slow"    // one activity that takes its time
	steady  runner.Workflow[Units, int]         = "steady"  // one that reports each unit of its work
	letters runner.Workflow[struct{}, []string] = "letters" // what it was sent, in order, until it is enough
	fan     runner.Workflow[Width, int]         = "fan"     // many activities at once
	crowd   runner.Workflow[Width, int]         = "crowd"   // many transactional steps at once, that take too long
	mixed   runner.Workflow[Mix, Mixture]       = "mixed"   // some of everything
	fickle  runner.Workflow[Whim, string]       = "fickle"  // asks for something else if a file is there
	hasty   runner.Workflow[Pause, string]      = "hasty"   // cancels the child that it began
	doze    runner.Workflow[Doze, int]          = "doze"    // many timers at once

	pause  runner.Activity[Pause, string]  = "pause"
	units  runner.Activity[Units, int]     = "units"
	before runner.Activity[string, string] = "before" // before a nap
	after  runner.Activity[string, string] = "after"  // after it
	moody  runner.Activity[int, string]    = "moody"  // fails that often
	blob   runner.Activity[int, string]    = "blob"   // as many bytes
	enter  runner.Tx[Pause, int]           = "enter"  // adds a row with the key

	letter runner.Signal[string]   = "letter"
	enough runner.Signal[struct{}] = "enough"
)

// A Pause is how long something takes; the key says whose it is.
type Pause struct {
	Key  string          `json:"key,omitempty"`
	Time runner.Duration `json:"time,omitzero"`
}

// Units of work, each noted in a Ledger when it is done.
type Units struct {
	Units int             `json:"units"`
	Each  runner.Duration `json:"each"`
	Notes string          `json:"notes"`
}

// Width is how many of something.
type Width struct {
	Width int             `json:"width"`
	Bytes int             `json:"bytes,omitempty"`
	Time  runner.Duration `json:"time,omitzero"`
}

// Doze is so many timers, the last of which is due after that time.
type Doze struct {
	Count int             `json:"count"`
	Over  runner.Duration `json:"over"`
}

// A Mix is what mixed works on, and for how long it sleeps.
type Mix struct {
	Key string          `json:"key"`
	Nap runner.Duration `json:"nap"`
}

// A Mixture is what comes of a Mix.
type Mixture struct {
	Texts []string `json:"texts"`
	Sum   int      `json:"sum"`
	Rows  int      `json:"rows"`
}

// A Whim is the name of a file.
type Whim struct {
	File string `json:"file,omitempty"`
}

// Subjects are the workflows that the scenarios are about: those of package
// examples, and some that are here because an example would be no good at it.
func Subjects() []runner.Binding {
	return append(examples.Bindings(),
		slow.Bind(func(ctx *runner.Context, p Pause) (string, error) { return pause.Do(ctx, p) }),
		steady.Bind(func(ctx *runner.Context, u Units) (int, error) { return units.Do(ctx, u) }),
		letters.Bind(readLetters, letter, enough),
		fan.Bind(fanOut),
		crowd.Bind(crowdIn),
		mixed.Bind(mix),
		fickle.Bind(changeMind),
		hasty.Bind(hurry),
		doze.Bind(sleepOften),

		pause.Bind(takeTime),
		units.Bind(workUnits, runner.Timeout(time.Hour)),
		before.Bind(answer),
		after.Bind(answer),
		moody.Bind(failFirst, runner.Backoff{Initial: 10 * time.Millisecond, Factor: 1}),
		blob.Bind(makeBlob),
		enter.Bind(enterRow, entered),
	)
}
