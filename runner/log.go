package runner

import "log/slog"

// Log is the run's logger; it names the run and its workflow. What is logged
// leaves the process when the turn is on disk, once: a replay is silent.
func (c *Context) Log() *slog.Logger {
	info := c.h.Info()
	return slog.New(c.h.Log()).With("run", info.ID, "workflow", info.Workflow)
}
