package journal

import "encoding/json"

// Parts are the insides of a run in a Memory, for tests that damage them.
type Parts struct {
	Row      *Run
	Events   *[]Event
	Inbox    *[]Message
	Timers   *[]Timer
	Progress map[int64]json.RawMessage
	Crashes  *[]Crash
}

// Damage lets f change what m holds of a run.
func (m *Memory) Damage(key int64, f func(Parts)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.disk.run(key)
	f(Parts{Row: &r.Run, Events: &r.events, Inbox: &r.inbox, Timers: &r.timers, Progress: r.progress, Crashes: &r.crashes})
}
