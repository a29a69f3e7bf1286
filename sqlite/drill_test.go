package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/seed139febb4/durable/journal"
)

// A drill commits everything that an engine commits, at random, and knows what
// the journal then holds. It uses no *testing.T, since it is run on disks that
// fail: whatever goes wrong is an error.
type drill struct {
	rng     *rand.Rand
	path    string
	options []Option
	db      *DB
	runs    []*cast
	made    int // runs and orders, so far
	held    picture
	trying  picture // what the commit under way leads to; nil if there is none
	steps   bool    // also transactional ones

	acknowledged func(picture)             // called after each commit
	again        func(error) (bool, error) // says what to do when one failed
}

// A picture is what can be seen of a journal: the scene of each run, by its
// ULID, and of the orders.
type picture map[string]scene

type scene struct {
	seq   int64
	sum   uint32
	inbox int
}

// A cast is an unfinished run that the drill owns.
type cast struct {
	ulid       string
	key, fence int64
	history    []journal.Event
	state      *journal.State
	inbox      []journal.Message
}

// A move is what one commit does to one run.
type move struct {
	writes []journal.Write
	change func(picture)
	done   func()
}

func newDrill(rng *rand.Rand, path string, options ...Option) *drill {
	return &drill{rng: rng, path: path, options: options, held: picture{}, steps: true}
}

// open opens the journal, and takes over what earlier handles have left.
func (d *drill) open() (err error) {
	if d.db, err = Open(d.path, d.options...); err != nil {
		return err
	}
	if err := d.db.Join(context.Background(), silent{}); err != nil {
		return err
	}
	claim := &journal.Claim{Now: dawn}
	for _, c := range d.runs {
		claim.Runs = append(claim.Runs, c.key)
	}
	if err := d.commit(move{writes: []journal.Write{claim}}); err != nil {
		return err
	}
	if len(claim.Claimed) != len(d.runs) {
		return fmt.Errorf("%d of %d runs could be claimed", len(claim.Claimed), len(d.runs))
	}
	for i := range claim.Claimed {
		d.find(claim.Claimed[i].Key).fence = claim.Claimed[i].Fence
	}
	return nil
}

func (d *drill) close() (err error) {
	if d.db != nil {
		err = d.db.Close()
		d.db = nil
	}
	return err
}

func (d *drill) find(key int64) *cast {
	return d.runs[slices.IndexFunc(d.runs, func(c *cast) bool { return c.key == key })]
}

// commit makes the moves in one commit.
func (d *drill) commit(moves ...move) error {
	next := maps.Clone(d.held)
	var writes []journal.Write
	for _, m := range moves {
		writes = append(writes, m.writes...)
		if m.change != nil {
			m.change(next)
		}
	}
	d.trying = next
	for {
		err := d.db.Commit(writes...)
		if err == nil {
			break
		}
		if d.again == nil {
			return err
		}
		if more, err := d.again(err); !more {
			return err
		}
	}
	for _, w := range writes {
		if err := w.Refused(); err != nil {
			return fmt.Errorf("%T was refused: %w", w, err)
		}
	}
	d.held, d.trying = next, nil
	for _, m := range moves {
		if m.done != nil {
			m.done()
		}
	}
	if d.acknowledged != nil {
		d.acknowledged(next)
	}
	return nil
}

// step is one commit, about one to three runs.
func (d *drill) step() error {
	if len(d.runs) < 3 || len(d.runs) < 8 && d.rng.IntN(10) == 0 {
		return d.commit(d.begin())
	}
	var moves []move
	for _, i := range d.rng.Perm(len(d.runs))[:1+d.rng.IntN(3)] {
		m, alone := d.about(d.runs[i])
		if alone {
			return d.commit(m)
		}
		moves = append(moves, m)
	}
	return d.commit(moves...)
}

func (d *drill) begin() move {
	d.made++
	c := &cast{ulid: fmt.Sprintf("01M%023d", d.made), fence: 1, state: journal.NewState()}
	create := &journal.Create{ULID: c.ulid, Workflow: "w", At: dawn, Own: true}
	if d.made%2 == 0 {
		create.ID = fmt.Sprint("run-", d.made)
	}
	m := d.turn(c, journal.Event{Kind: journal.Started, Data: d.payload()}, 0)
	m.writes[0].(*journal.Append).New = create
	m.writes = append([]journal.Write{create}, m.writes...)
	done := m.done
	m.done = func() {
		c.key = create.Key
		d.runs = append(d.runs, c)
		done()
	}
	return m
}

// about is something that can happen to a run now; alone if nothing else may be
// in its commit.
func (d *drill) about(c *cast) (m move, alone bool) {
	if len(c.inbox) > 0 && d.rng.IntN(2) == 0 {
		return d.deliver(c), false
	}
	var open []*journal.Operation
	for i := range c.state.Operations {
		if o := &c.state.Operations[i]; o.Pending() && o.Command.Kind != journal.StartChild && !c.answered(o.Command.Op) {
			open = append(open, o)
		}
	}
	if len(open) == 0 || d.rng.IntN(4) == 0 {
		return d.signal(c), false
	}
	o := open[d.rng.IntN(len(open))]
	switch {
	case o.Command.Kind == journal.RunTx:
		return d.transact(c, o.Command.Op), true
	case o.Command.Kind == journal.StartTimer:
		return d.turn(c, journal.Event{Kind: journal.TimerFired, Op: o.Command.Op}, 0), false
	case d.rng.IntN(6) == 0:
		return move{writes: []journal.Write{&journal.Progress{Run: c.key, Fence: c.fence, Op: o.Command.Op, Data: d.payload(), At: dawn}}}, false
	case d.rng.IntN(6) == 0:
		n := journal.Note{Attempt: len(o.Failed) + 1, Due: dawn}
		e := journal.Event{Kind: journal.AttemptFailed, Op: o.Command.Op, Name: o.Command.Name, Data: json.RawMessage(`{"error":"no"}`), Note: n.Encode()}
		return d.turn(c, e, 0), false
	}
	return d.turn(c, journal.Event{Kind: journal.ActivityCompleted, Op: o.Command.Op, Name: o.Command.Name, Data: d.payload()}, 0), false
}

// answered reports whether the answer to an operation is in the inbox.
func (c *cast) answered(op int64) bool {
	return slices.ContainsFunc(c.inbox, func(m journal.Message) bool { return m.Kind == journal.ResultMessage && m.Op == op })
}

func (d *drill) deliver(c *cast) move {
	m := c.inbox[0]
	note := journal.Note{Message: m.ID, Key: m.Key, Sent: m.At}
	e := journal.Event{Kind: journal.SignalReceived, Name: m.Name, Data: m.Data, Note: note.Encode()}
	if m.Kind == journal.ResultMessage {
		e.Kind, e.Op = m.Event, m.Op
	}
	return d.turn(c, e, m.ID)
}

func (d *drill) signal(c *cast) move {
	p := &journal.Post{Run: c.key, Message: journal.Message{Kind: journal.SignalMessage, Name: "s", Data: d.payload(), At: dawn}}
	if d.rng.IntN(3) == 0 {
		d.made++
		p.Message.Key = fmt.Sprint("key-", d.made)
	}
	return move{
		writes: []journal.Write{p},
		change: func(p picture) { p.add(c.ulid, 1) },
		done:   func() { c.inbox = append(c.inbox, p.Message) },
	}
}

func (p picture) add(run string, messages int) {
	s := p[run]
	s.inbox += messages
	p[run] = s
}

func (d *drill) transact(c *cast, op int64) move {
	d.made++
	name := fmt.Sprint("order-", d.made)
	t := &journal.Transact{Run: c.key, Fence: c.fence, Op: op, Name: "record", Schema: schema[:1], At: dawn,
		Do: func(ctx context.Context, tx *sql.Tx) (json.RawMessage, error) {
			_, err := tx.ExecContext(ctx, "INSERT INTO orders (name) VALUES (?)", name)
			return json.RawMessage(`1`), err
		}}
	return move{
		writes: []journal.Write{t},
		change: func(p picture) {
			p.add(c.ulid, 1)
			s := p["orders"]
			s.seq++
			p["orders"] = s
		},
		done: func() {
			in, err := d.db.Inbox(context.Background(), c.key, 0)
			if err == nil {
				c.inbox = in // only its id is news
			}
		},
	}
}

// turn is an event with what the workflow asks for in answer.
func (d *drill) turn(c *cast, e journal.Event, delivered int64) move {
	e.Seq = c.state.Seq + 1
	e.At = dawn.Add(time.Duration(e.Seq) * time.Second)
	a := &journal.Append{Run: c.key, Fence: c.fence, Delivered: delivered}
	if e.Kind != journal.AttemptFailed {
		if asked := d.asks(c, a, delivered); len(asked) > 0 {
			e.Commands = journal.AppendCommands(nil, asked)
		}
	}
	journal.Seal(c.state.Sum, &e)
	a.Event = e
	state, err := journal.Fold(append(slices.Clone(c.history), e))
	if err != nil {
		panic(err) // a mistake of the drill
	}
	a.Phase = state.Phase()
	if state.Status.Closed() {
		a.End = state.Status
	} else {
		before, after := c.state.Timers(), state.Timers()
		a.Set, a.Unset = without(after, before), without(before, after)
	}
	if o := state.Op(e.Op); o != nil && !o.Pending() {
		a.Clear = []int64{e.Op}
	}
	return move{
		writes: []journal.Write{a},
		change: func(p picture) {
			s := p[c.ulid]
			s.seq, s.sum = e.Seq, e.Sum
			if delivered != 0 {
				s.inbox--
			}
			p[c.ulid] = s
			for _, w := range a.Then {
				p.add(w.(*journal.Create).ULID, 1)
			}
		},
		done: func() {
			c.history, c.state = append(c.history, e), state
			if delivered != 0 {
				c.inbox = c.inbox[1:]
			}
			if state.Status.Closed() {
				d.runs = slices.DeleteFunc(d.runs, func(other *cast) bool { return other == c })
			}
		},
	}
}

// asks are the commands of a turn.
func (d *drill) asks(c *cast, a *journal.Append, delivered int64) (asked []journal.Command) {
	next := int64(len(c.state.Operations)) + 1
	if next > 12 && (len(c.inbox) == 0 || len(c.inbox) == 1 && delivered != 0) {
		return []journal.Command{{Kind: journal.Complete, Data: d.payload()}}
	}
	for range d.rng.IntN(3) {
		switch d.rng.IntN(8) {
		case 0, 1:
			asked = append(asked, timer(next, dawn))
		case 2:
			if !d.steps {
				continue
			}
			asked = append(asked, journal.Command{Kind: journal.RunTx, Op: next, Name: "record"})
		case 3:
			d.made++
			child := &journal.Create{ULID: fmt.Sprintf("01M%023d", d.made), ID: fmt.Sprint("child-", d.made), Workflow: "c",
				Parent: c.key, ParentOp: next, Origin: journal.ByParent, Input: d.payload(), At: dawn}
			asked = append(asked, journal.Command{Kind: journal.StartChild, Op: next, Name: "c", ID: child.ID})
			a.Then = append(a.Then, child)
		default:
			asked = append(asked, activity(next))
		}
		next++
	}
	return asked
}

// payload is mostly small.
func (d *drill) payload() json.RawMessage {
	n := 1 + d.rng.IntN(60)
	switch d.rng.IntN(30) {
	case 0:
		n = 20_000
	case 1, 2:
		n = 3_000
	}
	return json.RawMessage(`"` + strings.Repeat(string(rune('a'+d.rng.IntN(26))), n) + `"`)
}

func without(all, those []journal.Timer) (rest []journal.Timer) {
	for _, t := range all {
		if !slices.Contains(those, t) {
			rest = append(rest, t)
		}
	}
	return rest
}

// look takes the picture of a journal.
func look(db *DB) (picture, error) {
	runs, err := db.Runs(context.Background(), journal.Filter{})
	if err != nil {
		return nil, err
	}
	p := picture{}
	for i := range runs {
		r := &runs[i]
		p[r.ULID] = scene{r.LastSeq, r.LastSum, r.Inbox}
	}
	err = db.read(bg, "orders", func(r *reader) error {
		exists, _, err := r.one("SELECT count(*) FROM sqlite_schema WHERE name = 'orders'")
		if err != nil || exists == 0 {
			return err
		}
		n, _, err := r.one("SELECT count(*) FROM orders")
		if n > 0 {
			p["orders"] = scene{seq: n}
		}
		return err
	})
	return p, err
}

// sound is nil if the journal is whole, and what it shows is one of these.
func sound(db *DB, pictures ...picture) (all error) {
	problems, err := db.Integrity(context.Background())
	all = err
	for _, p := range problems {
		all = errors.Join(all, errors.New(p))
	}
	for v, err := range journal.Check(context.Background(), db) {
		if err != nil {
			return errors.Join(all, err)
		}
		all = errors.Join(all, v)
	}
	seen, err := look(db)
	if err != nil {
		return errors.Join(all, err)
	}
	for _, p := range pictures {
		if p != nil && maps.Equal(seen, p) {
			return all
		}
	}
	return errors.Join(all, fmt.Errorf("it shows\n%v\nand should show one of\n%v", seen, pictures))
}
