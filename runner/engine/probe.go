package engine

import "github.com/seed139febb4/durable/journal"

// tell tells the probe of a moment of every turn among the writes.
func (e *Engine) tell(point journal.Point, writes []journal.Write) {
	if e.probe == nil {
		return
	}
	for _, w := range writes {
		if a, ok := w.(*journal.Append); ok && a.Err == nil {
			ev := &a.Event
			e.probe(journal.Moment{Point: point, Run: e.ulid(a), Seq: ev.Seq, Kind: ev.Kind, Op: ev.Op, Name: ev.Name})
		}
	}
}

// ulid names the run of an append; "" if it has left memory.
func (e *Engine) ulid(a *journal.Append) string {
	if a.New != nil {
		return a.New.ULID
	}
	if r := e.resident(a.Run); r != nil {
		return r.info.ULID
	}
	return ""
}

// at tells the probe of a moment of a run.
func (r *run) at(point journal.Point) {
	if r.e.probe != nil {
		r.e.probe(journal.Moment{Point: point, Run: r.info.ULID})
	}
}

// at tells the probe of a moment of an attempt.
func (a *attempt) at(point journal.Point) {
	if a.e.probe != nil {
		a.e.probe(journal.Moment{Point: point, Run: a.task.Run.ULID, Op: a.key.op, Name: a.task.Activity, Attempt: a.task.Attempt})
	}
}
