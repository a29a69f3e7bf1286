package journal

import (
	"fmt"
	"strings"
)

// A Violation is a broken promise: something in a journal that no correct
// program could have left there.
type Violation struct {
	Promise string // P1 to P8, see the package documentation
	Run     int64  // the run's key; 0 if Fold, which does not know it, found it
	ULID    string // likewise
	Event   int64  // the event at which it showed; 0 if at none
	Rule    string // which rule is broken, and by what
}

// Error names the promise, the run, the event and the rule.
func (v *Violation) Error() string {
	var b strings.Builder
	b.WriteString(v.Promise)
	if v.Run != 0 {
		fmt.Fprintf(&b, ": run %d", v.Run)
		if v.ULID != "" {
			fmt.Fprintf(&b, " (%s)", v.ULID)
		}
	}
	if v.Event != 0 {
		fmt.Fprintf(&b, ": event %d", v.Event)
	}
	b.WriteString(": ")
	b.WriteString(v.Rule)
	return b.String()
}

func breach(promise, rule string, args ...any) *Violation {
	return &Violation{Promise: promise, Rule: fmt.Sprintf(rule, args...)}
}

// in says where a violation is; on nil it does nothing.
func (v *Violation) in(e *Event) *Violation {
	if v != nil {
		v.Event = e.Seq
	}
	return v
}
