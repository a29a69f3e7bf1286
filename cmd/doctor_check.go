package cmd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// checkFile says how large the file and its companions are.
func (s *invocation) checkFile(context.Context, *client) ([]finding, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	parts := []string{s.path, size(info.Size())}
	out := []finding{}
	if wal, err := os.Stat(s.path + "-wal"); err == nil {
		parts = append(parts, "WAL "+size(wal.Size()))
		if wal.Size() > 64<<20 {
			out = append(out, finding{verdictNote, "wal", "the WAL has grown over 64 MiB: some process holds a read open"})
		}
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		out = append(out, finding{verdictNote, "mode", fmt.Sprintf("other users can reach the file: its mode is %04o, not 0600", mode)})
	}
	return append([]finding{{verdictOK, "file", strings.Join(parts, ", ")}}, out...), nil
}

func (s *invocation) checkIntegrity(ctx context.Context, r *client) ([]finding, error) {
	problems, err := r.db.Integrity(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: check integrity: %w", errFile, err)
	}
	if len(problems) == 0 {
		return []finding{{verdictOK, "integrity", "pages, indexes and acknowledged data are complete"}}, nil
	}
	return wrong("integrity", problems), nil
}

// mostViolations is how many doctor prints.
const mostViolations = 100

func (s *invocation) checkInvariants(ctx context.Context, r *client) ([]finding, error) {
	var broken []string
	for v, err := range journal.Check(ctx, r.db) {
		if err != nil {
			return wrong("invariants", broken), fmt.Errorf("%w: check the invariants: %w", errFile, err)
		}
		if broken = append(broken, fmt.Sprint(v)); len(broken) == mostViolations {
			broken = append(broken, "and perhaps more")
			break
		}
	}
	if len(broken) == 0 {
		return []finding{{verdictOK, "invariants", "every event of every run"}}, nil
	}
	return wrong("invariants", broken), nil
}

func wrong(check string, texts []string) (out []finding) {
	for _, t := range texts {
		out = append(out, finding{verdictWrong, check, t})
	}
	return out
}

// checkProcesses names the living, and the dead that have left something open.
func (s *invocation) checkProcesses(ctx context.Context, r *client) (out []finding, err error) {
	processes, err := r.db.Processes(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: list the processes: %w", errFile, err)
	}
	owns, err := r.owners(ctx, processes)
	if err != nil {
		return nil, err
	}
	for _, p := range processes {
		text := fmt.Sprintf("process %d, pid %d on %s, since %s", p.Number, p.PID, p.Host, p.Started)
		left := count(owns[p.Number], "run")
		switch {
		case p.Live:
			out = append(out, finding{verdictOK, "process", text})
		case owns[p.Number] == 0: // it left nothing; a later one clears up after it
		case p.NoLock:
			out = append(out, finding{verdictNote, "process", text + ": its lock file is gone, so it counts as dead, and others take over the " +
				left + " that it has; should it still run, end it"})
		default:
			out = append(out, finding{verdictNote, "process", text + ": it has died, and left " + left + " unfinished: " + s.Name + " resume or worker goes on"})
		}
	}
	if len(out) == 0 {
		out = append(out, finding{verdictOK, "process", "nobody runs workflows of this file now"})
	}
	return out, nil
}

// owners counts the open runs of each process, if any has died.
func (r *client) owners(ctx context.Context, processes []journal.Process) (map[int64]int, error) {
	if !slices.ContainsFunc(processes, func(p journal.Process) bool { return !p.Live }) {
		return nil, nil
	}
	runs, err := r.db.Runs(ctx, journal.Filter{Status: []journal.Status{journal.StatusOpen}})
	if err != nil {
		return nil, fmt.Errorf("%w: list runs: %w", errFile, err)
	}
	owns := map[int64]int{}
	for _, run := range runs {
		owns[run.Owner]++
	}
	return owns, nil
}

// checkRuns counts the runs that need somebody.
func (s *invocation) checkRuns(ctx context.Context, r *client) (out []finding, err error) {
	stuck, err := r.db.Runs(ctx, journal.Filter{Status: []journal.Status{journal.StatusStuck}})
	if err != nil {
		return nil, fmt.Errorf("%w: list runs: %w", errFile, err)
	}
	for _, run := range stuck {
		out = append(out, finding{verdictNote, "stuck", run.Workflow + " " + run.ID + ": " + problemText(run.Problem)})
	}
	idle, err := r.idle(ctx, s.workflowNames())
	if err != nil {
		return nil, err
	}
	if len(idle) > 0 {
		out = append(out, finding{verdictNote, "runs", count(len(idle), "run") + " could go on, if somebody ran " + s.command("resume")})
	}
	return out, nil
}

// checkClock finds events of the future: the clock was set back, and timers
// wait for it.
func (s *invocation) checkClock(ctx context.Context, r *client) ([]finding, error) {
	runs, err := r.db.Runs(ctx, journal.Filter{Limit: 1000})
	if err != nil {
		return nil, fmt.Errorf("%w: list runs: %w", errFile, err)
	}
	now := time.Now()
	var latest time.Time
	for _, run := range runs {
		if run.LastAt.After(latest) {
			latest = run.LastAt
		}
	}
	if ahead := latest.Sub(now); ahead > time.Second {
		return []finding{{verdictNote, "clock", "the last event is " + span(ahead) + " ahead of this clock: it was set back, timers fire later"}}, nil
	}
	return []finding{{verdictOK, "clock", stamp(now.Truncate(time.Second))}}, nil
}
