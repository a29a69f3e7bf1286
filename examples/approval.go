package examples

import (
	"cmp"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// Approval waits for somebody to approve or reject a request, until it is too
// late. The first decision counts, and if both are there already when it begins
// to wait, the approval; another one stays unread.
const (
	Approval runner.Workflow[Request, Outcome] = "approval"

	Approve runner.Signal[Decision] = "approve"
	Reject  runner.Signal[Decision] = "reject"
	Status  runner.Query[string]    = "get_status"
)

// A Request is what there is to decide about.
type Request struct {
	Title   string          `json:"title,omitempty" usage:"what it is about" cli:"text"`
	Amount  int             `json:"amount,omitempty" usage:"what it costs"`
	Timeout runner.Duration `json:"timeout,omitzero" usage:"how long to wait for a decision" default:"24h"`
	Notify  string          `json:"notify,omitempty" usage:"a file to which the outcome is written"`
}

// A Decision comes with a signal.
type Decision struct {
	Note string `json:"note,omitempty" usage:"why" cli:"text"`
}

// An Outcome is how it ended: who decided when, and why.
type Outcome struct {
	Status string    `json:"status"`
	Ticket string    `json:"ticket"`
	By     string    `json:"by,omitempty"`
	Note   string    `json:"note,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

func approval(ctx *runner.Context, req Request) (Outcome, error) {
	status := "processing"
	Status.Answer(ctx, func() string { return status })

	ticket, err := Prepare.Do(ctx, req)
	if err != nil {
		return Outcome{}, err
	}

	status = "waiting"
	late := ctx.After(cmp.Or(time.Duration(req.Timeout), 24*time.Hour))
	yes, no := Approve.Inbox(ctx), Reject.Inbox(ctx)
	won, err := runner.Select(ctx, yes, no, late)
	if err != nil {
		return Outcome{}, err // somebody canceled the run
	}

	out := Outcome{Ticket: ticket}
	switch won {
	case yes:
		err = out.decide(ctx, "approved", yes)
	case no:
		err = out.decide(ctx, "rejected", no)
	case late:
		out.Status = "timed out"
	}
	if err != nil {
		return Outcome{}, err
	}

	if out.Status == "approved" {
		status = "executing"
		entry := Entry{Ticket: ticket, Text: req.Title, Amount: req.Amount, At: ctx.Now()}
		if _, err := Record.Do(ctx, entry); err != nil {
			return Outcome{}, err
		}
	}
	if req.Notify != "" {
		if _, err := Notify.Do(ctx, Notice{File: req.Notify, Text: ticket + " " + out.Status}); err != nil {
			return Outcome{}, err
		}
	}
	status = out.Status
	return out, nil
}

// decide takes the decision out of its inbox.
func (o *Outcome) decide(ctx *runner.Context, status string, from *runner.Inbox[Decision]) error {
	d, err := from.Message(ctx)
	o.Status, o.By, o.Note, o.At = status, d.By, d.Value.Note, d.At
	return err
}
