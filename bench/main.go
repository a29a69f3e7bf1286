// Bench measures durable beside its peers:
//
//	go run ./bench -help
//
// What it runs is package suite, which is a module of its own since its peers are:
// who imports durable shall not get their dependencies.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	err := run(os.Args[1:])
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		os.Exit(max(ended.ExitCode(), 1)) // it has said why
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	source := filepath.Join("bench", "suite")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return fmt.Errorf("find the suite from here: %w (go run ./bench works in the root of durable's repository)", err)
	}
	dir, err := os.MkdirTemp("", "durable-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the program: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "suite.exe") // the name that every system starts
	if err := command("go", "-C", source, "build", "-o", program, ".").Run(); err != nil {
		return fmt.Errorf("build %s: %w", source, err)
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // the suite hears of it, too, and ends by itself
	suite := command(program, args...)
	suite.Env = append(os.Environ(), "BENCH_SUITE="+source)
	return suite.Run()
}

func command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return c
}
