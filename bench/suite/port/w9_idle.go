package port

import (
	"context"
	"os"
	"time"
)

var idle = Workload{
	Name:  "W9",
	Title: "nothing to do",
	About: `A process opens the system in an empty folder, runs one workflow of one activity, and has nothing to do from then
on. Processor time is that of a process left alone for 10 s, less that of one that is killed at once; memory is the most
that the former had (Linux tells). The program is the size of the executable, built as go build does, with the system,
its server if there is one, and these few workflows.`,
	Figures: []Figure{{Name: "processor", Unit: "%"}, {Name: "memory", Unit: "MiB"}, {Name: "program", Unit: "MiB"}},
	phases:  map[string]func(context.Context, *session) error{"ready": ready},
	drive: func(ctx context.Context, st *Stage) error {
		used := func(wait time.Duration) (time.Duration, error) {
			p, err := st.Start(ctx, "ready")
			if err == nil {
				_, err = p.Heard(ctx, "ready")
			}
			if err == nil {
				err = settle(ctx, wait)
			}
			if err != nil {
				return 0, err
			}
			p.Peak("memory")
			p.Kill()
			return p.Used(), nil
		}
		if _, err := used(0); err != nil { // creates the file, which costs time
			return err
		}
		start, err := used(0)
		if err != nil {
			return err
		}
		all, err := used(st.Sizes.Idle)
		if err != nil {
			return err
		}
		st.Figures["processor"] = max(0, 100*(all-start).Seconds()/st.Sizes.Idle.Seconds())
		program, err := os.Stat(st.Program)
		if err == nil {
			st.Figures["program"] = float64(program.Size()) / (1 << 20)
		}
		return err
	},
}
