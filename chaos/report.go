package chaos

import (
	"slices"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A Report is what a run of chaos found. Its JSON form is what --report FILE.json
// holds.
type Report struct {
	Program    string     `json:"program"`              // the binary that was killed
	Seed       uint64     `json:"seed"`                 // repeats it
	Command    string     `json:"command"`              // likewise, as a command line
	Dir        string     `json:"dir"`                  // where the scratch files are, if they were kept
	Began      time.Time  `json:"began"`                //
	Took       Seconds    `json:"took"`                 //
	Scenarios  []Outcome  `json:"scenarios,omitempty"`  // of durable chaos
	Workflow   string     `json:"workflow,omitempty"`   // of durable chaos WORKFLOW
	Masked     []string   `json:"masked,omitempty"`     // likewise: parts of the result, as Compare names them, that differ between undisturbed runs
	Notes      []string   `json:"notes,omitempty"`      // likewise: what else is worth knowing
	Boundaries []Boundary `json:"boundaries,omitempty"` // likewise
	Pairs      []Pair     `json:"pairs,omitempty"`      // likewise
}

// Seconds is a duration whose JSON form is a number of seconds.
type Seconds time.Duration

// A Verdict is how a trial ended.
type Verdict string

// The verdicts.
const (
	Pass Verdict = "pass"
	Fail Verdict = "fail" // a promise was broken: Problems say which
	Skip Verdict = "skip" // it could not be tried here: Problems say why
)

// An Outcome is what one scenario came to.
type Outcome struct {
	Scenario string    `json:"scenario"`           // its name, as --scenario takes it
	Title    string    `json:"title"`              // what is done to the processes
	Promises []string  `json:"promises"`           // P1 to P8, those that it puts to the test
	Kills    int       `json:"kills"`              // processes killed, stopped, or images cut or damaged
	Runs     int       `json:"runs"`               // workflow runs that went through it
	Lost     int       `json:"lost"`               // what was acknowledged or recorded, and is gone
	Twice    int       `json:"twice"`              // recorded activities that ran again
	Again    int       `json:"again"`              // unrecorded ones that ran again, which is promised: at least once
	Recovery []Seconds `json:"recovery,omitempty"` // from the start of the next process, or in a take-over from the kill, until the run went on
	Verdict  Verdict   `json:"verdict"`            //
	Problems []string  `json:"problems,omitempty"` //
	Notes    []string  `json:"notes,omitempty"`    // what else was measured
	Timeline []Mark    `json:"timeline,omitempty"` //
	Took     Seconds   `json:"took"`               //
}

// A Mark is one thing that happened in a trial, for its timeline.
type Mark struct {
	At      Seconds `json:"at"`                // since the trial began
	What    string  `json:"what"`              // start, kill, stop, continue, resumed, called, recorded, signal, done, …
	Process int     `json:"process,omitempty"` // the 1st, 2nd … that was started; 0: none
	Text    string  `json:"text,omitempty"`    //
}

// A Window is where, at a boundary, the process is killed.
type Window string

// The windows. The first two are those of every event, the next three those of an
// activity, the others those of a transactional step.
const (
	BeforeAppend  Window = "before its append"
	BeforeEffects Window = "after its append, before its effects"
	InsideCall    Window = "inside, when it is called"
	AtHeartbeat   Window = "inside, at its first heartbeat"
	AfterCall     Window = "inside, when it has returned"
	InsideStep    Window = "in its transaction, before the function"
	AfterStep     Window = "in its transaction, after the function"
	BeforeCommit  Window = "before its commit"
	AfterCommit   Window = "after its commit"
	Recovering    Window = "while it recovers" // of the second of a pair
)

// A Boundary is one place where a workflow's process was killed, and what came
// of it.
type Boundary struct {
	Workflow string       `json:"workflow,omitempty"` // of the run it is in, if that is a child
	Event    int64        `json:"event"`              // its number in the history
	Kind     journal.Kind `json:"kind"`               //
	Name     string       `json:"name,omitempty"`     // of the activity, signal or child's workflow
	Op       int64        `json:"op,omitempty"`       //
	Attempt  int          `json:"attempt,omitempty"`  //
	Where    string       `json:"where,omitempty"`    // the line of code that asked for it
	Window   Window       `json:"window"`             //
	Killed   bool         `json:"killed"`             // the process did come there
	Survived bool         `json:"recovered"`          // and the next one brought the run to its end
	Again    []string     `json:"again,omitempty"`    // activities that ran again though nothing had failed
	Equal    bool         `json:"equal"`              // the result is that of the undisturbed run, as far as it was compared
	Recovery Seconds      `json:"recovery,omitempty"` //
	Problems []string     `json:"problems,omitempty"` //
	Timeline []Mark       `json:"timeline,omitempty"` //
}

// A Pair is two kills in one run. Its Boundary is that of the second one.
type Pair struct {
	First  int `json:"first"`  // index of the boundary
	Second int `json:"second"` // likewise, in the life that follows; -1: while that recovers
	Boundary
}

// Compared reports whether anything of the result was compared: not if it differs
// as a whole between undisturbed runs, as one that an activity's outer world adds
// to does.
func (r *Report) Compared() bool { return !slices.Contains(r.Masked, ".") }

// Passed reports whether no promise was broken.
func (r *Report) Passed() bool {
	for i := range r.Scenarios {
		if r.Scenarios[i].Verdict == Fail {
			return false
		}
	}
	for i := range r.Boundaries {
		if len(r.Boundaries[i].Problems) > 0 {
			return false
		}
	}
	for i := range r.Pairs {
		if len(r.Pairs[i].Problems) > 0 {
			return false
		}
	}
	return true
}
