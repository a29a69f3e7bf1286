package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/runner/host"
	"github.com/stretchr/testify/require"
)

// A node is a piece of a random workflow. Whatever befalls the processes that
// run it, what it returns depends on itself alone: nothing is decided by which
// of two things happens to be quicker.
type node struct {
	Do   kind          `json:"do"`
	ID   int           `json:"id"`             // its place in the program
	For  time.Duration `json:"for,omitempty"`  // how long it takes
	Fail int           `json:"fail,omitempty"` // attempts that fail first
	Beat bool          `json:"beat,omitempty"` // the activity sends heartbeats
	Draw uint64        `json:"draw,omitempty"` // by chance, of the workflow
	Kids []node        `json:"kids,omitempty"`
}

type kind string

const (
	doActivity kind = "activity"
	doStep     kind = "step"
	doTx       kind = "tx" // on journals that have them
	doSleep    kind = "sleep"
	doForever  kind = "forever"  // an activity that only its context ends
	doSequence kind = "sequence" //
	doParallel kind = "parallel" // a coroutine for each
	doRace     kind = "race"     // two timers, the first is earlier
	doTimeout  kind = "timeout"  // a scope that ends what would never end
	doInTime   kind = "in time"  // a scope that is not needed
	doCancel   kind = "cancel"   // a scope that is canceled after For, then a shielded cleanup
	doPatient  kind = "patient"  // likewise, but the answer of the activity is waited for
	doLate     kind = "late"     // an activity that takes too long, each time
	doChild    kind = "child"    //
	doStart    kind = "start"    // an activity that starts another run, and waits for its end
	doAbandon  kind = "abandon"  // nobody waits for it
	doSignal   kind = "signal"   // an activity has a signal sent
	doMail     kind = "mail"     // several senders write, in order; on stages that have them
	doPanic    kind = "panic"    // the first time
	doGiveUp   kind = "give up"  // the run is canceled from outside, and cleans up
	doDie      kind = "die"      // the run is terminated from outside
	doError    kind = "error"    // the workflow fails
)

// never is longer than any program takes, with all its interruptions.
const never = 10000 * time.Hour

// A generator makes programs.
type generator struct {
	*rand.Rand
	last int
	tx   bool
	mail bool
}

// program is a whole workflow, of about size nodes.
func (g *generator) program(size int) node {
	n := g.sequence(size)
	if ends := []kind{doGiveUp, doDie, doError}; g.IntN(3) == 0 {
		n.Kids = append(n.Kids, g.node(ends[g.IntN(len(ends))], g.leaf()))
	}
	return n
}

func (g *generator) node(do kind, kids ...node) node {
	g.last++
	return node{Do: do, ID: g.last, For: g.span(), Kids: kids}
}

// span is a duration between a millisecond and some minutes.
func (g *generator) span() time.Duration {
	return time.Duration(g.IntN(9)+1) * []time.Duration{time.Millisecond, 30 * time.Millisecond, time.Second, 20 * time.Second}[g.IntN(4)]
}

func (g *generator) sequence(size int) node {
	n := g.node(doSequence)
	for size > 0 {
		part := g.IntN(size) + 1
		n.Kids = append(n.Kids, g.any(part))
		size -= part
	}
	return n
}

func (g *generator) any(size int) node {
	if size <= 1 {
		return g.leaf()
	}
	switch g.IntN(11) {
	case 10:
		return g.node(doStart, g.program(size-1))
	case 0, 1, 2:
		n := g.sequence(size)
		n.Do = doParallel
		return n
	case 3:
		return g.node(doTimeout, g.endless(size-1), g.leaf())
	case 4:
		return g.node(doInTime, g.any(size-1))
	case 5:
		return g.node(doCancel, g.endless(size-1), g.leaf())
	case 6:
		return g.node(doChild, g.program(size-1))
	case 7:
		return g.node(doAbandon, g.abandoned(size-1))
	default:
		return g.sequence(size)
	}
}

func (g *generator) leaf() node {
	n := g.node([]kind{doActivity, doActivity, doActivity, doStep, doSleep, doRace, doSignal, doPatient, doPanic, doLate}[g.IntN(10)])
	if g.tx && n.Do == doActivity {
		n.Do = doTx
	}
	if g.mail && n.Do == doSignal && g.IntN(2) == 0 {
		n.Do = doMail
	}
	if g.IntN(3) == 0 {
		n.Fail = g.IntN(5)
	}
	n.Beat = g.IntN(4) == 0
	if g.IntN(4) == 0 {
		n.For = 0
	}
	return n
}

// endless is something that does not end by itself.
func (g *generator) endless(size int) node {
	switch g.IntN(4) {
	case 0:
		return g.node(doChild, g.node(doForever))
	case 1:
		n := g.node(doParallel, g.node(doForever))
		n.Kids = append(n.Kids, g.any(max(size-1, 1)))
		return n
	case 2:
		n := g.node(doSleep)
		n.For = never
		return n
	}
	n := g.node(doForever)
	n.Beat = g.IntN(2) == 0
	return n
}

// abandoned is something that ends, at the latest when the run does.
func (g *generator) abandoned(size int) node {
	switch g.IntN(5) {
	case 0:
		return g.node(doChild, g.endless(size))
	case 1:
		return g.node(doChild, g.any(size))
	}
	return g.node(pick(g.Rand, doActivity, doForever, doSleep))
}

// retries is three attempts.
var retries = host.Options{Attempts: 4, Initial: time.Second, Timeout: -1}

// A walk is one run of a program.
type walk struct {
	stage *stage
	done  int       // leaves that were
	now   time.Time // at the last of them
}

// walk runs n in h's scope. Its only error is that the scope has ended.
func (w *walk) walk(h host.Host, n node) (out string, err error) {
	switch n.Do {
	case doActivity, doForever, doSleep, doStep, doTx:
		return w.leaf(h, n, w.begin(h, n, retries))
	case doSequence:
		for _, kid := range n.Kids {
			s, err := w.walk(h, kid)
			if err != nil {
				return "", err
			}
			out += s
		}
		return "(" + out + ")", nil
	case doParallel:
		return w.parallel(h, n)
	case doRace:
		first, second := h.Timer(n.For), h.Timer(2*n.For+time.Second)
		if err := h.Await(func() bool { return first.Ready() || second.Ready() }); err != nil {
			return "", err
		}
		return fmt.Sprintf("race%d %v,", n.ID, first.Ready()), nil
	case doTimeout:
		timed, cancel := h.Scope(n.For)
		defer cancel()
		return w.ended(h, timed, n, host.ErrTimeout)
	case doInTime:
		timed, cancel := h.Scope(never)
		out, err := w.walk(timed, n.Kids[0])
		cancel()
		return "in time " + out, err
	case doCancel:
		scope, cancel := h.Scope(0)
		if n.For == 0 {
			defer cancel()
			h.Go(func(host.Host) { cancel() })
		} else {
			h.Go(func(h host.Host) {
				if sleep(h, n.For) == nil {
					cancel()
				}
			})
		}
		return w.ended(h, scope, n, host.ErrCanceled)
	case doPatient:
		return w.patient(h, n)
	case doLate:
		o := host.Options{Attempts: 2, Initial: time.Second, Timeout: n.For + time.Millisecond}
		if n.Beat {
			o.Timeout, o.Heartbeat = -1, o.Timeout
		}
		_, err := get(h, h.Activity("perform", encode(node{Do: doForever, ID: n.ID}), o))
		return fmt.Sprintf("late%d %v,", n.ID, err != nil), h.Err()
	case doStart:
		return w.leaf(h, n, h.Activity("start", encode(n), host.Options{Timeout: -1}))
	case doChild:
		return w.leaf(h, n, w.begin(h, n, host.Options{}))
	case doAbandon:
		w.begin(h, n.Kids[0], retries)
		return "", nil
	case doSignal:
		return w.signal(h, n)
	case doMail:
		return w.mail(h, n)
	case doPanic:
		if w.stage.first(n.ID) {
			panic("as planned")
		}
		return fmt.Sprintf("panic%d,", n.ID), nil
	case doGiveUp:
		return w.giveUp(h, n)
	case doDie:
		_, err := get(h, h.Activity("terminate", encode(n), retries))
		return "", err
	case doError:
		return "", fmt.Errorf("error%d", n.ID)
	}
	panic("unknown node " + string(n.Do))
}

func encode(n node) json.RawMessage {
	b, _ := json.Marshal(n)
	return b
}

// begin asks for what n is, without waiting for it.
func (w *walk) begin(h host.Host, n node, o host.Options) host.Pending {
	switch n.Do {
	case doStep:
		return h.Step("step", func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
			return w.stage.perform(ctx, n)
		}, o)
	case doTx:
		return h.Tx("tx", encode(n), o)
	case doSleep:
		return h.Timer(n.For)
	case doChild:
		return h.Child("program", "", encode(n.Kids[0]), host.Options{})
	}
	n.Draw = h.Rand()
	return h.Activity("perform", encode(n), o)
}

// leaf waits for p. Why it failed, if it did, is part of the outcome.
func (w *walk) leaf(h host.Host, n node, p host.Pending) (string, error) {
	out, err := get(h, p)
	if err := h.Err(); err != nil {
		return "", err
	}
	w.done++
	if now := h.Now(); now.Before(w.now) {
		w.stage.Errorf("the time in a workflow goes back from %v to %v", w.now, now)
	} else {
		w.now = now
	}
	var f *journal.Failure
	if errors.As(err, &f) {
		return fmt.Sprintf("%s%d failed: %s,", n.Do, n.ID, f.Message), nil
	}
	if n.Do == doSleep {
		out = ""
	}
	return fmt.Sprintf("%s%d %s,", n.Do, n.ID, out), err
}

func (w *walk) parallel(h host.Host, n node) (string, error) {
	outs, left := make([]string, len(n.Kids)), len(n.Kids)
	var first error
	for i, kid := range n.Kids {
		h.Go(func(h host.Host) {
			out, err := w.walk(h, kid)
			outs[i] = out
			if err != nil && first == nil {
				first = err
			}
			left--
		})
	}
	if err := h.Await(func() bool { return left == 0 }); err != nil {
		return "", err
	}
	return "[" + strings.Join(outs, "") + "]", first
}

// ended runs what never ends in a scope that does, and a cleanup after that.
func (w *walk) ended(h, scope host.Host, n node, why error) (string, error) {
	_, err := w.walk(scope, n.Kids[0])
	if h.Err() != nil {
		return "", h.Err()
	}
	if !errors.Is(err, why) {
		return "", fmt.Errorf("the scope of %d ended with %w", n.ID, err)
	}
	out, err := w.walk(h.Shielded(), n.Kids[1])
	return fmt.Sprintf("%s%d then %s", n.Do, n.ID, out), err
}

// patient cancels an activity and waits until it has returned, whatever that is:
// after a crash there is nothing to wait for.
func (w *walk) patient(h host.Host, n node) (string, error) {
	scope, cancel := h.Scope(0)
	o := retries
	o.WaitCancel = true
	p := w.begin(scope, node{Do: doForever, ID: n.ID, Fail: n.Fail, Beat: n.Beat}, o)
	if n.For > 0 {
		if err := sleep(h, n.For); err != nil {
			return "", err
		}
	}
	cancel()
	if err := h.Shielded().Await(p.Ready); err != nil {
		return "", err
	}
	_, err := p.Result()
	return fmt.Sprintf("patient%d %v,", n.ID, err != nil), h.Err()
}

// signal has an activity send a signal to this run, and waits for it.
func (w *walk) signal(h host.Host, n node) (string, error) {
	box := h.Mailbox(fmt.Sprint("s", n.ID))
	if _, err := get(h, h.Activity("send", encode(n), retries)); err != nil {
		return "", err
	}
	if err := h.Await(func() bool { return box.Len() > 0 }); err != nil {
		return "", err
	}
	return fmt.Sprintf("signal%d %s,", n.ID, box.Pop().Payload), nil
}

// mail asks the senders to write, and reads what each of them has to say: it has
// an order, but which of two senders is first is no part of the outcome.
func (w *walk) mail(h host.Host, n node) (string, error) {
	box := h.Mailbox(fmt.Sprint("m", n.ID))
	if _, err := get(h, h.Activity("subscribe", encode(n), retries)); err != nil {
		return "", err
	}
	if err := h.Await(func() bool { return box.Len() >= senders*letters }); err != nil {
		return "", err
	}
	from := make([]string, senders)
	for range senders * letters {
		var l letter
		if err := json.Unmarshal(box.Pop().Payload, &l); err != nil {
			return "", err
		}
		from[l.From] += fmt.Sprint(l.Number)
	}
	return fmt.Sprintf("mail%d %s,", n.ID, strings.Join(from, " ")), nil
}

// Each of the senders writes so many letters.
const (
	senders = 2
	letters = 3
)

type letter struct{ From, Number int }

// giveUp lets the run be canceled and cleans up.
func (w *walk) giveUp(h host.Host, n node) (string, error) {
	_, err := get(h, h.Activity("cancel", encode(n), retries))
	if err == nil {
		err = sleep(h, never)
	}
	if _, e := w.walk(h.Shielded(), n.Kids[0]); e != nil {
		return "", e
	}
	return "", err
}

// A stage is where programs are run: it knows what happened beside the journal.
type stage struct {
	require.TestingT
	venue
	disk     disk
	weather  *weather
	config   Config                  // of its processes
	tx       *host.Binding           // "tx", if the journal has transactional steps
	mail     func(run int64, n node) // has the senders write, if there are any
	mend     func(*journal.Run) bool // of a stuck run: whether it is to be resumed; nil: all are
	patience time.Duration           // that the run may take; 0: ten hours
	process  func() *simProcess      // which one calls; nil: nobody knows
	root     int64                   // the run
	only     atomic.Bool             // its processes drive nothing else
	client   *Engine                 // a process that runs nothing

	mu     sync.Mutex
	times  map[string]int     // how often each attempt was executed
	mended map[int]bool       // nodes that have panicked
	sent   map[mail]delivered // signals without a key
	breaks int                // processes that ended, and runs that were stuck
}

type mail struct {
	run    int64
	signal string
}

// delivered is how often a signal may have arrived, and how often it must have.
type delivered struct{ most, least int }

func (s *stage) first(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.mended[id]
	s.mended[id] = true
	return !was
}

// bindings are the workflow that walks its input, and its activities.
func (s *stage) bindings() []host.Binding {
	all := []host.Binding{
		{Name: "program", Workflow: func(h host.Host, in json.RawMessage) (json.RawMessage, error) {
			var n node
			if err := json.Unmarshal(in, &n); err != nil {
				return nil, err
			}
			w := &walk{stage: s}
			h.Answer("done", func() (json.RawMessage, error) { return json.Marshal(w.done) })
			out, err := w.walk(h, n)
			if err != nil {
				return nil, err
			}
			return json.Marshal(out)
		}},
		s.activity("perform", s.perform),
		s.activity("send", s.send),
		s.activity("start", s.start),
		s.activity("cancel", s.cancel),
		s.activity("terminate", s.terminate),
	}
	if s.tx != nil {
		all = append(all, *s.tx)
	}
	if s.mail != nil {
		all = append(all, s.activity("subscribe", s.subscribe))
	}
	return all
}

func (s *stage) activity(name string, fn func(context.Context, node) (json.RawMessage, error)) host.Binding {
	return host.Binding{Name: name, Activity: func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
		var n node
		if err := json.Unmarshal(in, &n); err != nil {
			return nil, err
		}
		return fn(ctx, n)
	}}
}

// perform is what activities and steps do: take their time, fail, succeed.
func (s *stage) perform(ctx context.Context, n node) (json.RawMessage, error) {
	task := s.begun(ctx, n)
	beats := time.Duration(0)
	for until := s.now().Add(n.For); n.Do == doForever || s.now().Before(until); {
		wait := max(n.For, time.Millisecond)
		if n.Do == doForever {
			wait = never
		}
		if n.Beat {
			task.Heartbeat(json.RawMessage(fmt.Sprint(s.now().Unix())))
			beats++
			wait = min(wait, beats*beats*10*time.Millisecond) // ever more slowly
		}
		s.wait(wait, ctx)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	if task.Attempt <= n.Fail {
		return nil, fmt.Errorf("attempt %d of %d: %w", task.Attempt, n.ID, errBoom)
	}
	return json.RawMessage(fmt.Sprint(task.Attempt)), nil
}

// begun checks that the attempt may be made: the journal asks for it and holds
// no answer.
func (s *stage) begun(ctx context.Context, n node) *host.Task {
	task := host.TaskOf(ctx)
	s.mu.Lock()
	name := fmt.Sprintf("%s op %d attempt %d (%s%d)", task.Run.ULID, task.Op, task.Attempt, n.Do, n.ID)
	s.times[name]++
	times, most := s.times[name], 1+s.breaks
	s.mu.Unlock()
	if times > most {
		s.Errorf("%s is made for the %d. time, with %d interruptions", name, times, most-1)
	}
	if ctx.Err() != nil {
		return task // it was canceled while it was being started
	}
	p := new(simProcess)
	if s.process != nil {
		p = s.process()
	}
	if p.zombie {
		return task // it has lost the run, and need not know
	}
	state := s.state(task.Run.ULID)
	switch op := state.Op(task.Op); {
	case op == nil:
		s.Errorf("%s was started before it was asked for", name)
	case op.Answer != 0:
		s.Errorf("%s was started after its answer", name)
	case task.Attempt != len(op.Failed)+1:
		s.Errorf("%s follows %d failed ones", name, len(op.Failed))
	case s.process != nil && p.latest.Before(op.Due):
		s.Errorf("%s is made at %v, and due at %v", name, p.latest, op.Due)
	}
	return task
}

// state is what the journal says now.
func (s *stage) state(ulid string) *journal.State {
	store := s.disk.reader()
	row, err := store.Run(context.Background(), journal.Ref{ULID: ulid})
	if err == nil {
		var events []journal.Event
		if events, err = store.History(context.Background(), row.Key, 0, 0); err == nil {
			var state *journal.State
			if state, err = journal.Fold(events); err == nil {
				return state
			}
		}
	}
	s.Errorf("run %s: %v", ulid, err)
	return journal.NewState()
}

func (s *stage) key(ctx context.Context) (int64, error) {
	row, err := s.disk.reader().Run(ctx, journal.Ref{ULID: host.TaskOf(ctx).Run.ULID})
	return row.Key, err
}

// caller is the engine that an activity makes its calls with.
func (s *stage) caller() *Engine {
	if s.process != nil && s.weather.chance(0.5) {
		return s.process().engine // which serves
	}
	return s.client
}

// start starts a run, or finds the one that an attempt before has started.
func (s *stage) start(ctx context.Context, n node) (json.RawMessage, error) {
	task, e := s.begun(ctx, n), s.caller()
	row, _, err := e.Start(ctx, StartRequest{Workflow: "program", ID: task.Key, Input: encode(n.Kids[0])})
	var stuck *StuckError
	for err == nil || errors.As(err, &stuck) {
		var out json.RawMessage
		out, err = e.Result(ctx, row.Key)
		var f *journal.Failure
		switch {
		case err == nil:
			return out, nil
		case errors.As(err, &f):
			return json.Marshal(f.Message)
		case errors.Is(err, ErrTerminated):
			return json.Marshal(ErrTerminated.Error())
		}
		s.wait(time.Second, ctx)
	}
	return nil, err
}

// send sends the signal that the run waits for, half of the time without a key:
// then again if it does not know whether it arrived.
func (s *stage) send(ctx context.Context, n node) (json.RawMessage, error) {
	s.begun(ctx, n)
	run, err := s.key(ctx)
	if err != nil {
		return nil, err
	}
	q := SignalRequest{Name: fmt.Sprint("s", n.ID), Payload: encode(node{ID: n.ID}), Key: fmt.Sprint(n.ID)}
	if s.weather.chance(0.5) {
		q.Key = ""
		s.sends(mail{run, q.Name}, delivered{most: 1})
	}
	if _, err = s.caller().Signal(ctx, run, q); err == nil && q.Key == "" {
		s.sends(mail{run, q.Name}, delivered{least: 1})
	}
	return nil, err
}

func (s *stage) sends(m mail, more delivered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.sent[m]
	s.sent[m] = delivered{was.most + more.most, was.least + more.least}
}

func (s *stage) cancel(ctx context.Context, n node) (json.RawMessage, error) {
	s.begun(ctx, n)
	run, err := s.key(ctx)
	if err == nil {
		err = s.caller().Cancel(ctx, run, "", "")
	}
	return nil, err
}

// terminate ends its own run, and waits for its own end.
func (s *stage) terminate(ctx context.Context, n node) (json.RawMessage, error) {
	s.begun(ctx, n)
	run, err := s.key(ctx)
	if err == nil {
		err = s.caller().Terminate(ctx, run, "", "")
	}
	if err == nil {
		s.wait(never, ctx)
	}
	return nil, err
}

func (s *stage) subscribe(ctx context.Context, n node) (json.RawMessage, error) {
	s.begun(ctx, n)
	run, err := s.key(ctx)
	if err == nil {
		s.mail(run, n)
	}
	return nil, err
}

// describe shows a program in a failure.
func (n node) String() string { return string(encode(n)) }

// count is how many such nodes are in n.
func (n node) count(do ...kind) (sum int) {
	if slices.Contains(do, n.Do) {
		sum++
	}
	for _, kid := range n.Kids {
		sum += kid.count(do...)
	}
	return sum
}
