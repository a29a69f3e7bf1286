package port

import (
	"context"
	"time"
)

var sleepers = Workload{
	Name:  "W4",
	Title: "10,000 workflows asleep",
	About: `200 callers start workflows that sleep for a day, until 10,000 starts are acknowledged or the time for it is over.
Then the process is killed, and a new one started on the same files: it is ready when a new workflow of one activity
has run to its end in it. Measured are the starts in a second; the most memory that each of the two processes had,
and what the first one has when all are asleep (system and worker together; Linux tells); everything in the folder, logs included, after the kill, for each sleeper;
and the time from exec to ready. All systems have a durable sleep of their own, and that is used. The bare limit has no
sleepers.`,
	Figures: []Figure{
		{Name: "started", Unit: "workflows", More: true}, {Name: "starts", Unit: "1/s", More: true},
		{Name: "memory while starting", Unit: "MiB"}, {Name: "memory when all sleep", Unit: "MiB"}, {Name: "on disk, each", Unit: "bytes"},
		{Name: "restart to ready", Unit: "ms"}, {Name: "memory after restart", Unit: "MiB"},
	},
	phases: map[string]func(context.Context, *session) error{
		"fill": func(ctx context.Context, s *session) error {
			sys, err := s.open(ctx)
			if err != nil {
				return err
			}
			began := time.Now()
			n, err := s.together(s.Sizes.Sleepers, func() error { return sys.Sleep(ctx) })
			if err != nil {
				return err
			}
			s.figure("started", float64(n))
			s.figure("starts", float64(n)/time.Since(began).Seconds())
			return s.stay("filled")
		},
		"ready": ready,
	},
	drive: func(ctx context.Context, st *Stage) error {
		p, err := st.Start(ctx, "fill")
		if err == nil {
			_, err = p.Heard(ctx, "filled")
		}
		if err != nil {
			return err
		}
		p.Peak("memory while starting")
		p.Now("memory when all sleep")
		p.Kill()
		size, err := st.bytes()
		if err != nil {
			return err
		}
		st.Figures["on disk, each"] = float64(size) / st.Figures["started"]
		p, err = st.Start(ctx, "ready")
		if err != nil {
			return err
		}
		took, err := p.Heard(ctx, "ready")
		if err == nil {
			st.Figures["restart to ready"] = milliseconds(took)
			p.Peak("memory after restart")
		}
		return err
	},
}

// ready is the phase of a process that has run a workflow, and then stays.
func ready(ctx context.Context, s *session) error {
	sys, err := s.open(ctx)
	if err == nil {
		err = sys.Sequence(ctx, 1)
	}
	if err != nil {
		return err
	}
	return s.stay("ready")
}

// stay says the event and waits to be killed.
func (s *session) stay(event string) error {
	s.event(event)
	select {}
}
