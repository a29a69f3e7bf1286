package cmd

import (
	"bytes"
	"context"
	"time"
)

// watch shows the list again whenever something has changed: the whole of it on
// a terminal, elsewhere and as JSON lines only the runs that have.
func (s *invocation) watch(ctx context.Context, r *client, q listing) error {
	if s.out.format == formatJSON {
		s.out.format = formatJSONL
	}
	seen := map[string]runJSON{}
	changed := r.db.Changed()
	redraw := time.NewTicker(time.Second) // ages grow, and statuses depend on the clock
	defer redraw.Stop()
	for {
		runs, _, err := r.runs(ctx, q)
		if err != nil {
			return following(ctx, err)
		}
		if s.out.tty && s.out.text() {
			err = s.repaint(runs)
		} else {
			err = list(s.out, news(runs, seen), listHeader, s.listRow(time.Now()))
		}
		if err != nil {
			return err
		}
		select {
		case <-changed:
		case <-redraw.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// news are the runs that are not as they were seen, oldest first.
func news(runs []runJSON, seen map[string]runJSON) (changed []runJSON) {
	for i := len(runs) - 1; i >= 0; i-- {
		run := runs[i]
		old, ok := seen[run.ULID]
		if !ok || old.Status != run.Status || old.Events != run.Events || old.Inbox != run.Inbox {
			seen[run.ULID] = run
			changed = append(changed, run)
		}
	}
	return changed
}

// repaint draws the list over the one before, in one write.
func (s *invocation) repaint(runs []runJSON) error {
	var b bytes.Buffer
	b.WriteString("\x1b[H\x1b[2J")
	p := *s.out
	p.w = &b
	if err := list(&p, runs, listHeader, s.listRow(time.Now())); err != nil {
		return err
	}
	_, err := s.out.w.Write(b.Bytes())
	return err
}
