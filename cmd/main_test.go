package cmd_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed139febb4/durable/cmd"
	"github.com/seed139febb4/durable/examples"
	"github.com/seed139febb4/durable/journal"
	"github.com/seed139febb4/durable/sqlite"
)

// The scripts run two real programs: durable, with the example workflows, and
// shop, with those of shop_test.go.
func TestMain(m *testing.M) {
	// Most scripts wait, for timers or for processes to die: -parallel says otherwise.
	_ = flag.Set("test.parallel", strconv.Itoa(max(4, runtime.GOMAXPROCS(0))))
	testscript.Main(m, map[string]func(){
		"durable": func() { cmd.Main(examples.Bindings()...) },
		"shop":    func() { cmd.Main(shop()...) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"until":   until,
			"appears": appears,
			"served":  served,
			"holds":   holds,
			"damage":  damage,
			"sql":     statement,
			"spoil":   spoil,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("ESC", "\x1b")
			return nil
		},
	})
}

// patience bounds what a script waits for.
const patience = 30 * time.Second

// exits CODE PROGRAM ARGS... runs a program and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// until WORKFLOW PHASE|STATUS [EVENTS] waits until the newest run of the
// workflow is in that phase or status and has that many events.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until WORKFLOW STATUS [EVENTS]")
	}
	events := 0
	if len(args) > 2 {
		var err error
		events, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	path := ts.MkAbs("durable.db")
	appears(ts, false, []string{path})
	var last journal.Run
	poll(ts, func() bool {
		db, err := sqlite.Open(path)
		if err != nil {
			return false // being created
		}
		defer db.Close()
		runs, err := db.Runs(context.Background(), journal.Filter{Workflow: args[0], Limit: 1})
		ts.Check(err)
		if len(runs) == 0 {
			return false
		}
		last = runs[0]
		return last.LastSeq >= int64(events) && (string(last.Status) == args[1] || string(last.Phase) == args[1])
	}, func() string { return fmt.Sprintf("%s is not %s: %+v", args[0], args[1], last) })
}

// served N waits until N live processes run workflows of the file.
func served(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: served N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	path, live := ts.MkAbs("durable.db"), 0
	appears(ts, false, []string{path})
	poll(ts, func() bool {
		db, err := sqlite.Open(path)
		if err != nil {
			return false // being created
		}
		defer db.Close()
		processes, err := db.Processes(context.Background())
		ts.Check(err)
		live = 0
		for _, p := range processes {
			if p.Live {
				live++
			}
		}
		return live == want
	}, func() string { return fmt.Sprintf("%d live processes, want %d", live, want) })
}

// appears FILE waits until there is such a file.
func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: appears FILE")
	}
	poll(ts, func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	}, func() string { return "there is no " + args[0] })
}

// holds FILE TEXT waits until the file holds the text.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: holds FILE TEXT")
	}
	var content []byte
	poll(ts, func() bool {
		content, _ = os.ReadFile(ts.MkAbs(args[0])) // it may not be there yet
		return strings.Contains(string(content), args[1])
	}, func() string { return fmt.Sprintf("%s does not hold %q: %s", args[0], args[1], content) })
}

// poll asks ok until it says yes.
func poll(ts *testscript.TestScript, ok func() bool, what func() string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	give := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-give:
			ts.Fatalf("timed out: %s", what())
		}
	}
}

// damage FILE TEXT flips a bit of each place in FILE where TEXT stands.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage FILE TEXT")
	}
	path := ts.MkAbs(args[0])
	content, err := os.ReadFile(path)
	ts.Check(err)
	found := false
	for i := 0; i+len(args[1]) <= len(content); i++ {
		if string(content[i:i+len(args[1])]) == args[1] {
			content[i] ^= 1
			found = true
		}
	}
	if !found {
		ts.Fatalf("%s does not hold %q", filepath.Base(path), args[1])
	}
	ts.Check(os.WriteFile(path, content, 0o600))
}

// sql FILE STATEMENT does to a journal what nobody should.
func statement(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE STATEMENT")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	done, err := db.Exec(args[1])
	ts.Check(err)
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("nothing was changed: %v", err)
	}
}

// spoil FILE PAGE overwrites the beginning of a page of an SQLite file.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: spoil FILE PAGE")
	}
	page, err := strconv.Atoi(args[1])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	content, err := os.ReadFile(path)
	ts.Check(err)
	copy(content[(page-1)*4096:], strings.Repeat("X", 40))
	ts.Check(os.WriteFile(path, content, 0o600))
}
