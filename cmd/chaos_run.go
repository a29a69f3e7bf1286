package cmd

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/chaos"
)

// chaos runs it in a folder of its own, shows how it goes, and reports.
func (s *invocation) chaos(c *cli.Context, run func(chaos.Options) (*chaos.Report, error)) (err error) {
	o := chaos.Options{Seed: c.Uint64("seed"), Keep: c.Bool("keep"), Progress: s.chaosProgress()}
	if c.String("duration") != "" {
		if o.Duration, err = durationFlag(c, "duration"); err != nil {
			return err
		}
	}
	for _, file := range c.StringSlice("report") {
		if err := chaos.CheckReport(file); err != nil {
			u := usagef("--report: %w", err)
			u.hint = s.hint(err)
			return u
		}
	}
	if o.Dir, err = os.MkdirTemp(c.String("dir"), "durable-chaos-"); err != nil {
		return withHint(fmt.Errorf("%w: make a scratch folder: %w", errFile, err), "--dir names an existing folder that can be written to")
	}
	s.screen.Line("chaos works in " + clean(o.Dir))
	keep := o.Keep
	defer func() { err = errors.Join(err, s.chaosClear(o.Dir, keep)) }()
	r, err := run(o)
	if err != nil {
		return err
	}
	keep = keep || !r.Passed() // they may tell more
	if r.Dir = ""; keep {
		r.Dir = o.Dir
	}
	r.Command = s.repeat(r.Seed)
	s.screen.Status("")
	if err := s.chaosReport(r); err != nil {
		return err
	}
	for _, file := range c.StringSlice("report") {
		if err := r.WriteFile(file); err != nil {
			return fmt.Errorf("%w: %w", errFile, err)
		}
		s.screen.Line("report: " + clean(file))
	}
	if !r.Passed() {
		return errors.New("chaos: a promise was broken, or a result came out different")
	}
	return nil
}

// chaosClear removes the scratch files, or says where they are.
func (s *invocation) chaosClear(dir string, keep bool) error {
	if keep {
		s.screen.Line("scratch files: " + clean(dir))
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove the scratch files: %w", err)
	}
	return nil
}

// chaosProgress shows on a terminal how it goes, in one line that is redrawn, and
// what failed. Elsewhere the end tells all.
func (s *invocation) chaosProgress() func(chaos.Progress) {
	return func(p chaos.Progress) {
		if s.screen.live && p.Ended && p.Verdict == chaos.Fail {
			s.screen.Line(s.screen.style.in(red, "failed: ") + clean(p.Trial))
		}
		if p.Of > 0 {
			s.screen.Status(fmt.Sprintf("  %d of %d, %s  %s", p.Done, p.Of, count(p.Kills, "kill"), cut(clean(p.Trial), 56)))
		} else {
			s.screen.Status("  " + cut(clean(p.Trial), 56))
		}
	}
}

// repeat is this command line with a seed.
func (s *invocation) repeat(seed uint64) string {
	words := []string{s.Name}
	for i := 0; i < len(s.args); i++ {
		switch w := s.args[i]; {
		case w == "--seed" || w == "-seed":
			i++
		case strings.HasPrefix(w, "--seed=") || strings.HasPrefix(w, "-seed="):
		default:
			words = append(words, shellWord(w))
		}
	}
	return strings.Join(append(words, "--seed", strconv.FormatUint(seed, 10)), " ")
}
