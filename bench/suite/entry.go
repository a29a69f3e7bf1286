package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed139febb4/durable/bench/suite/port"
)

// An entry is one column: a peer, its program, or why there is none.
type entry struct {
	port.Description
	program string
	Failed  string `json:"failed,omitempty"`
}

// home are the programs under peer/, in the order of the columns, and the peers
// that each is expected to have.
var home = []struct {
	program string
	peers   []string
}{
	{"durable", []string{"durable"}},
	{"bare", []string{"bare"}},
	{"dbos", []string{"dbos", "dbos-full"}},
	{"goworkflows", []string{"go-workflows"}},
	{"temporal", []string{"temporal", "temporal-tuned"}},
}

// gather builds the programs of the peers that are wanted and asks each what it
// has. One that cannot be built is a column that says so.
func gather(ctx context.Context, s settings, work string, log io.Writer, say func(string, ...any)) []entry {
	var all []entry
	for _, h := range home {
		var mine []entry
		for _, name := range h.peers {
			if wanted(s.peers, name) {
				mine = append(mine, entry{Description: port.Description{Name: name}})
			}
		}
		if len(mine) == 0 {
			continue
		}
		say("building %s", h.program)
		program := filepath.Join(work, h.program)
		err := build(ctx, filepath.Join(s.source, "peer", h.program), program, log)
		all = append(all, ask(ctx, program, err, mine, s.peers, log)...)
	}
	for _, program := range strings.FieldsFunc(s.with, func(r rune) bool { return r == ',' }) {
		mine := []entry{{Description: port.Description{Name: filepath.Base(program)}}}
		all = append(all, ask(ctx, program, nil, mine, "", log)...)
	}
	return all
}

// ask returns the peers of a program, or the expected ones with what is wrong.
func ask(ctx context.Context, program string, err error, expected []entry, peers string, log io.Writer) []entry {
	var list []port.Description
	if err == nil {
		list, err = port.List(ctx, program, log)
	}
	if err != nil {
		for i := range expected {
			expected[i].Failed = err.Error()
		}
		return expected
	}
	var all []entry
	for _, d := range list {
		if wanted(peers, d.Name) {
			all = append(all, entry{Description: d, program: program})
		}
	}
	return all
}

func wanted(peers, name string) bool {
	if peers == "" {
		return true
	}
	for _, p := range strings.Split(peers, ",") {
		if p != "" && strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// build builds the program in dir as go build does, without cgo. A peer's folder
// may be a module of its own.
func build(ctx context.Context, dir, program string, log io.Writer) error {
	c := exec.CommandContext(ctx, "go", "-C", dir, "build", "-o", program, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		return fmt.Errorf("build %s: %w (peers.log has what the compiler said)", dir, err)
	}
	return nil
}
