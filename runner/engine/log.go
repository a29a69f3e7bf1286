package engine

import (
	"context"
	"log/slog"
)

// A logLine is a log record of workflow code, held back until the turn that
// wrote it is on disk.
type logLine struct {
	to     slog.Handler
	record slog.Record
}

// logHandler collects the records of live turns and drops those of replays. The
// attributes and groups a logger collects are kept beside it and applied to the
// engine's own handler when the line leaves.
type logHandler struct {
	x    *execution
	with []func(slog.Handler) slog.Handler
}

func (h logHandler) Enabled(context.Context, slog.Level) bool { return !h.x.replay }

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	if !h.x.replay && !h.x.dead && h.x.log != nil {
		to := h.x.log
		for _, f := range h.with {
			to = f(to)
		}
		h.x.logs = append(h.x.logs, logLine{to: to, record: r.Clone()})
	}
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h logHandler) and(f func(slog.Handler) slog.Handler) slog.Handler {
	return logHandler{x: h.x, with: append(h.with[:len(h.with):len(h.with)], f)}
}

func release(lines []logLine) {
	for _, l := range lines {
		if ctx := context.Background(); l.to.Enabled(ctx, l.record.Level) {
			_ = l.to.Handle(ctx, l.record) // a logger that fails must not stop a workflow
		}
	}
}
