package chaos

import (
	"time"

	"github.com/seed139febb4/durable/sqlite"
)

// Options say how much is to be tried. The zero Options try everything, as often
// as two minutes on two cores allow.
type Options struct {
	Seed     uint64          // of every choice; 0: another one each time
	Kills    int             // of each scenario that kills again and again, how often; 0: a default for each
	Duration time.Duration   // of the long sleep that is interrupted; shorter waits are in proportion; 0: 10 s; of a workflow, how long it may take undisturbed; 0: a minute
	Patience time.Duration   // how long a process may take for what it should do at once; 0: 30 s
	Only     []string        // the names of the scenarios; none: all
	Dir      string          // an existing folder for scratch files, which stay there; "": a temporary one, removed at the end
	Keep     bool            // of a workflow: what is in Dir stays also of trials that went well
	Program  []string        // the binary to start, and its first arguments; none: the one of this process
	Sabotage sqlite.Sabotage // the store breaks this promise in every process: the report must not pass
	Progress func(Progress)  // told how it goes, one call at a time; nil: nobody is
}

const (
	usualDuration = 10 * time.Second
	usualPatience = 30 * time.Second
)

// Progress is what there is to say while chaos works.
type Progress struct {
	Trial string // a scenario's name, or a boundary
	Done  int    // trials that have ended
	Of    int    // trials in all
	Kills int    // so far
	Ended bool   // Trial has just ended, and
	Verdict
}
