package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/runner"
)

// A Program is one invocation of the command line. Main makes one of the
// process it is in; tests make their own. Fields that are not set are empty
// input, discarded output, no environment and no signals.
type Program struct {
	Name           string           // how help calls the program
	Bindings       []runner.Binding // what it can run
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(string) string // looks a variable up; "" if it is not set
	Signals        <-chan os.Signal    // the first one suspends, the second ends the process; nil: none come
	Exit           func(code int)      // ends the process at once
	Orders         *chaos.Orders       // what this process is to suffer on a scratch journal; nil: nothing
}

// Main runs the command line of this process and exits. bindings are what it
// can run.
func Main(bindings ...runner.Binding) {
	orders, err := chaos.TakeOrders()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(exitUsage)
	}
	if orders != nil && orders.Subjects {
		bindings = chaos.Subjects()
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	p := Program{
		Name:     strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"),
		Bindings: bindings,
		Stdin:    os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Env:     os.Getenv,
		Signals: signals,
		Exit:    os.Exit,
		Orders:  orders,
	}
	os.Exit(p.Run(context.Background(), os.Args[1:]))
}

// Run carries out one command line, without the program's name, and returns the
// exit code. It has told the user everything.
func (p Program) Run(ctx context.Context, args []string) (exit int) {
	s := newInvocation(p)
	ctx, stop := s.interruptible(ctx)
	defer stop()
	err := s.dispatch(ctx, args)
	if cause := context.Cause(ctx); err != nil && isInterruption(cause) && !isInterruption(err) {
		err = cause // whatever it was, it came of the signal
	}
	s.screen.Status("")
	if quiet := isInterruption(err) && !s.drives.Load(); err != nil && !quiet {
		s.screen.Line(s.complaint(err))
	}
	return exitCode(err)
}
