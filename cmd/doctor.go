package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/journal"
)

func (s *invocation) doctorCommand() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "check the file: integrity, invariants, owners, sizes, clock",
		Description: `Every event of every run is read and checked. The exit code is 8 if anything is
wrong; a note is no damage. What a dead process had acknowledged and the file has
lost is wrong until --accept-loss.
In a pipe: ok, note or wrong, what was looked at, and what was found, separated by
tabs.`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "accept-loss", Usage: "what is lost is known, and not to be reported again"}},
		Action: func(c *cli.Context) error {
			if _, err := words(c, 0, 0); err != nil {
				return err
			}
			r, err := s.open()
			if isDamage(err) {
				return s.diagnose(wrong("file", []string{plainly(err)}))
			}
			if err != nil {
				return err
			}
			if c.Bool("accept-loss") {
				if err := r.db.AcceptLoss(); err != nil {
					return errors.Join(fmt.Errorf("%w: accept the loss: %w", errFile, err), r.db.Close())
				}
			}
			return errors.Join(s.doctor(c.Context, r), r.db.Close())
		},
	}
}

// A finding is one thing doctor looked at.
type finding struct {
	Verdict string `json:"verdict"` // ok, note or wrong
	Check   string `json:"check"`
	Text    string `json:"text"`
}

const (
	verdictOK    = "ok"
	verdictNote  = "note" // worth knowing, but no damage
	verdictWrong = "wrong"
)

func (s *invocation) doctor(ctx context.Context, r *client) error {
	var findings []finding
	for _, check := range []struct {
		name string
		look func(context.Context, *client) ([]finding, error)
	}{
		{"file", s.checkFile}, {"integrity", s.checkIntegrity}, {"invariants", s.checkInvariants},
		{"process", s.checkProcesses}, {"runs", s.checkRuns}, {"clock", s.checkClock},
	} {
		found, err := check.look(ctx, r)
		findings = append(findings, found...)
		if isDamage(err) { // that it cannot be looked at is what was found
			findings = append(findings, wrong(check.name, []string{plainly(err)})...)
		} else if err != nil {
			return err
		}
	}
	return s.diagnose(findings)
}

func isDamage(err error) bool {
	return errors.Is(err, journal.ErrDamaged) || errors.Is(err, journal.ErrBroken)
}

// plainly is err without the mark that it is about the file: what a finding is
// about stands in front of it.
func plainly(err error) string { return strings.TrimPrefix(err.Error(), errFile.Error()+": ") }

// diagnose prints what was found.
func (s *invocation) diagnose(findings []finding) error {
	if err := list(s.out, findings, []string{"", "CHECK", "FOUND"}, s.findingRow); err != nil {
		return err
	}
	wrong := 0
	for _, f := range findings {
		if f.Verdict == verdictWrong {
			wrong++
		}
	}
	if wrong == 0 {
		return nil
	}
	return withHint(fmt.Errorf("doctor of %s: %w: %s", s.path, errUnhealthy, count(wrong, "finding")),
		"%s", s.salvage())
}

func (s *invocation) findingRow(f finding) []cell {
	paint := map[string]paint{verdictOK: green, verdictNote: yellow, verdictWrong: red}[f.Verdict]
	verdict := cell{human: f.Verdict, plain: f.Verdict, paint: paint}
	return []cell{verdict, same(f.Check), wrapped(f.Text)}
}
