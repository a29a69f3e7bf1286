package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// trouble has things happen to processes that no weather brings, at any moment.
func (d *simDisk) trouble(times int, done context.Context) {
	for range times {
		d.moment(done)
		if done.Err() != nil {
			return
		}
		p := d.victim()
		if p == nil {
			continue
		}
		switch d.t.IntN(8) {
		case 0, 1:
			d.stop(p)
		case 2:
			d.jump(p)
		case 3:
			d.heldTill = d.t.clock.Add(d.w.upTo(5 * time.Second))
		default:
			if d.w.breaks() {
				d.witness.s.broke()
				d.breaks(p)
			}
		}
	}
}

// moment waits until one comes: some time, or some steps, from now.
func (d *simDisk) moment(done context.Context) {
	if d.t.IntN(2) == 0 {
		d.t.wait(d.w.upTo(20*time.Second), done)
		return
	}
	at := d.t.steps + d.t.IntN(400)
	d.t.park(-1, func() bool { return d.t.steps >= at || done.Err() != nil })
}

// victim is a process that serves.
func (d *simDisk) victim() *simProcess {
	var alive []*simProcess
	for _, p := range d.t.processes {
		if p.store != nil && !p.dead && !p.store.calm && p.store.peer != nil {
			alive = append(alive, p)
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return pick(d.t.Rand, alive...)
}

// jump sets the wall clock of a process.
func (d *simDisk) jump(p *simProcess) {
	p.ahead = pick(d.t.Rand, 0, time.Second, -time.Second, time.Hour, -time.Hour)
	d.t.tell("the clock of process %d is off by %v", p.number, p.ahead)
}

// wobble lets the clocks of processes jump all the time.
func (d *simDisk) wobble(done context.Context) {
	for times := 0; times < 100 && done.Err() == nil; times++ {
		at := d.t.steps + d.t.IntN(10)
		d.t.park(-1, func() bool { return d.t.steps >= at || done.Err() != nil })
		if p := d.victim(); p != nil {
			d.jump(p)
		}
	}
}

// stop lets the process stand still for a while: it lives.
func (d *simDisk) stop(p *simProcess) {
	p.stopped, p.stalled = true, true
	d.t.tell("process %d is stopped", p.number)
	d.t.add(&job{at: d.t.clock.Add(d.w.upTo(time.Minute)), task: leaf(func() { p.stopped = false })})
}

// breaks ends a process, or has the others believe that it did.
func (d *simDisk) breaks(p *simProcess) {
	switch d.t.IntN(5) {
	case 0:
		p.store.kill()
	case 1:
		p.store.next = journal.DiskError
	case 2:
		d.cutPower()
	default:
		if d.witness.wounds == 0 && len(d.wounds) == 0 { // a zombie has in memory what is damaged
			p.zombie = true
			d.t.tell("process %d has lost its lock", p.number)
			p.store.Lose()
		}
	}
}

// A post office has senders write to runs, each from a process of its own, which
// may die before it hears whether a letter has arrived.
type postOffice struct {
	d    *simDisk
	seen map[string]bool
}

func (o *postOffice) subscribe(run int64, n node) {
	name := fmt.Sprint(run, " ", n.ID)
	if o.seen[name] {
		return
	}
	o.seen[name] = true
	for from := range senders {
		o.d.t.beside(func() { o.write(run, n, from) })
	}
}

// write sends all letters of one sender, each until it is acknowledged.
func (o *postOffice) write(run int64, n node, from int) {
	for number := 0; number < letters; {
		p := o.d.t.process()
		p.store = o.d.handle(p)
		p.store.crash = 0.2
		if o.d.w.crash == 0 {
			p.store.calm = true
		}
		l := o.d.t.serving(p, Config{})
		l.over, l.ends = context.WithCancel(context.Background())
		l.Engine.sched.Go(leaf(func() {
			for ; number < letters; number++ {
				payload, _ := json.Marshal(letter{from, number})
				_, err := l.Signal(context.Background(), run, SignalRequest{Name: fmt.Sprint("m", n.ID), Payload: payload,
					Key: fmt.Sprint(n.ID, " ", from, " ", number)})
				switch {
				case errors.Is(err, journal.ErrClosed):
					number = letters
				case errors.Is(err, journal.ErrHeld):
					o.d.t.wait(time.Second)
					number--
				case err != nil:
					o.d.witness.s.Errorf("a letter: %v", err)
				}
			}
			l.ends()
		}))
		o.d.t.wait(never, l.over)
		if !p.dead {
			_ = p.store.Close()
			p.dead = true
		}
	}
}
