package port

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// marker begins every line that is meant for the driver; systems print others.
const marker = "bench:"

// A Line is what a peer's program tells the driver, on standard output.
type Line struct {
	Peers []Description `json:"peers,omitempty"` // the answer to "list"
	Event string        `json:"event,omitempty"`
	Name  string        `json:"name,omitempty"` // of a figure
	Value float64       `json:"value,omitempty"`
	None  string        `json:"none,omitempty"`  // why this is not offered
	Error string        `json:"error,omitempty"` // why it failed
}

// A Description is what is known of a peer without running it.
type Description struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Durable string `json:"durable"`
	Alone   string `json:"alone,omitempty"`
}

// An Order is what the driver wants: the one argument of a peer's program.
type Order struct {
	Peer     string        `json:"peer"`
	Workload string        `json:"workload"`
	Phase    string        `json:"phase"`
	Dir      string        `json:"dir"`
	Sizes    Sizes         `json:"sizes"`
	Enough   time.Duration `json:"enough"` // after this no new work is begun
}

// Serve is the main function of a peer's program. It ends the program, at the
// latest when standard input does, which the driver holds.
func Serve(peers ...Peer) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	if err := serve(peers); err != nil {
		var none NotOffered
		if errors.As(err, &none) {
			say(Line{None: string(none)})
			os.Exit(0)
		}
		say(Line{Error: err.Error()})
		os.Exit(1)
	}
	os.Exit(0) // a system that does not stop must not hold up the others
}

func serve(peers []Peer) error {
	if len(os.Args) != 2 {
		return fmt.Errorf("%s is a part of durable's bench, which starts it", os.Args[0])
	}
	if os.Args[1] == "list" {
		var list []Description
		for _, p := range peers {
			list = append(list, Description{Name: p.Name, Version: p.Version, Durable: p.Durable, Alone: p.Alone})
		}
		say(Line{Peers: list})
		return nil
	}
	var o Order
	if err := json.Unmarshal([]byte(os.Args[1]), &o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	for _, w := range Workloads() {
		for _, p := range peers {
			if phase := w.phases[o.Phase]; phase != nil && w.Name == o.Workload && p.Name == o.Peer {
				return phase(context.Background(), &session{Peer: p, Order: o, work: newWork()})
			}
		}
	}
	return fmt.Errorf("there is no phase %q of workload %q, or no peer %q, in this program", o.Phase, o.Workload, o.Peer)
}

var saying sync.Mutex

func say(l Line) {
	saying.Lock()
	defer saying.Unlock()
	text, err := json.Marshal(l)
	if err != nil { // a figure that is no number
		text, _ = json.Marshal(Line{Error: err.Error()})
	}
	fmt.Printf("%s%s\n", marker, text)
}

// A session is one phase of one workload on one peer, in the peer's process.
type session struct {
	Peer
	Order
	work *Work
}

// with opens the system, has it run one workflow, so that nothing is measured
// for the first time, and closes it after fn.
func (s *session) with(ctx context.Context, fn func(System) error) error {
	sys, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := sys.Sequence(ctx, 1); err != nil {
		return fmt.Errorf("run a first workflow: %w", err)
	}
	if err := fn(sys); err != nil {
		return err
	}
	if err := sys.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.Name, err)
	}
	return nil
}

func (s *session) open(ctx context.Context) (System, error) {
	sys, err := s.Open(ctx, s.Dir, s.work)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.Name, err)
	}
	return sys, nil
}

func (s *session) figure(name string, value float64) { say(Line{Name: name, Value: value}) }

func (s *session) event(name string) { say(Line{Event: name}) }

// again calls fn up to n times, until that is enough, and returns how often it
// did.
func (s *session) again(n int, fn func(i int) error) (int, error) {
	began := time.Now()
	for i := range n {
		if i > 0 && time.Since(began) > s.Enough {
			return i, nil
		}
		if err := fn(i); err != nil {
			return i, err
		}
	}
	return n, nil
}
