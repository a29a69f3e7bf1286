package port

import (
	"context"
	"time"
)

var killed = Workload{
	Name:  "W6",
	Title: "kill -9 during an activity",
	About: `A workflow has one activity under way, without a time-out or heartbeat of its own, when its process is killed.
"Restart" is from exec of a new process on the same files until the activity runs again there. "Take-over" is from the
kill until it runs in a second process that was already serving the same files. Nobody tells a system that the other
process is dead; what it waits for is its own doing, with the settings it is shipped with. DBOS takes up the workflows of its
executor id when it starts, and the new process has the same one; go-workflows waits until its lock on the activity
has lasted two minutes; Temporal waits for the activity's own time-out, which has to be set and is 60 s here.`,
	Figures: []Figure{{Name: "restart", Unit: "ms"}, {Name: "take-over", Unit: "ms"}},
	phases: map[string]func(context.Context, *session) error{
		"hang": func(ctx context.Context, s *session) error {
			sys, err := s.open(ctx)
			if err == nil {
				err = sys.Hang(ctx)
			}
			if err == nil {
				err = s.work.awaitReached(ctx)
			}
			if err != nil {
				return err
			}
			return s.stay("running")
		},
		"again": func(ctx context.Context, s *session) error {
			if _, err := s.open(ctx); err != nil {
				return err
			}
			s.event("ready")
			if err := s.work.awaitReached(ctx); err != nil {
				return err
			}
			return s.stay("running")
		},
	},
	drive: func(ctx context.Context, st *Stage) error {
		p, err := st.settled(ctx, "hang", "running")
		if err != nil {
			return err
		}
		p.Kill()
		owner, err := st.Start(ctx, "again")
		if err != nil {
			return err
		}
		took, err := owner.Heard(ctx, "running")
		if err != nil {
			return err
		}
		st.Figures["restart"] = milliseconds(took)
		if st.Peer.Alone != "" {
			return NotOffered("take-over: " + st.Peer.Alone)
		}
		return takeOver(ctx, st, owner)
	},
}

func takeOver(ctx context.Context, st *Stage, owner *Process) error {
	standby, err := st.settled(ctx, "again", "ready")
	if err != nil {
		return err
	}
	began := time.Now()
	owner.Kill()
	if _, err = standby.Heard(ctx, "running"); err == nil {
		st.Figures["take-over"] = milliseconds(time.Since(began))
	}
	return err
}

// settled starts a process, waits for its event, and lets it come to rest.
func (st *Stage) settled(ctx context.Context, phase, event string) (*Process, error) {
	p, err := st.Start(ctx, phase)
	if err == nil {
		_, err = p.Heard(ctx, event)
	}
	if err == nil {
		err = settle(ctx, st.Sizes.Settle)
	}
	return p, err
}

// settle gives a system the time to come to rest: there is no event for that.
func settle(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
