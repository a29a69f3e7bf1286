package examples

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

func TestApproval(t *testing.T) {
	type send struct {
		signal runner.Signal[Decision]
		by     runner.By
		note   string
	}
	for _, c := range []struct {
		name   string
		sends  []send
		want   Outcome
		after  time.Duration
		ledger []string
	}{
		{"approved", []send{{Approve, "ada", "looks good"}}, Outcome{Status: "approved", By: "ada", Note: "looks good"}, time.Hour, []string{"shoes"}},
		{"rejected", []send{{Reject, "bob", ""}}, Outcome{Status: "rejected", By: "bob"}, time.Hour, nil},
		{"the first wins", []send{{Reject, "bob", "no"}, {Approve, "ada", "yes"}}, Outcome{Status: "rejected", By: "bob", Note: "no"}, time.Hour, nil},
		{"timed out", nil, Outcome{Status: "timed out"}, 24 * time.Hour, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			notices := filepath.Join(t.TempDir(), "notices")
			path := inBubble(t, func(t *testing.T, db *sqlite.DB) {
				r, _ := serve(t, db)
				begin := time.Now()
				h, err := Approval.Start(t.Context(), r, "a", Request{Title: "shoes", Amount: 80, Notify: notices})
				require.NoError(t, err)
				<-time.After(time.Hour)
				status, err := Status.Ask(t.Context(), r, "a")
				require.NoError(t, err)
				require.Equal(t, "waiting", status)

				for i, s := range c.sends {
					err := s.signal.Send(t.Context(), r, "a", Decision{Note: s.note}, s.by)
					if i > 0 && errors.Is(err, runner.ErrClosed) {
						continue // the first one has ended the run already
					}
					require.NoError(t, err)
				}
				out, err := h.Wait(t.Context())
				require.NoError(t, err)
				require.Regexp(t, "^T-[0-9A-F]{8}$", out.Ticket)
				c.want.Ticket = out.Ticket
				if len(c.sends) > 0 {
					c.want.At = begin.Add(time.Hour).UTC()
				}
				require.Equal(t, c.want, out)
				require.Equal(t, c.after, time.Since(begin))

				status, err = Status.Ask(t.Context(), r, "a")
				require.NoError(t, err)
				require.Equal(t, c.want.Status, status)
			})
			if c.ledger != nil {
				require.Equal(t, c.ledger, entries(t, path))
			}
			text, err := os.ReadFile(notices)
			require.NoError(t, err)
			require.Regexp(t, "\tT-[0-9A-F]{8} "+c.want.Status+"\n$", string(text))
		})
	}
}

func TestApprovalWaitsAsLongAsItIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, db *sqlite.DB) {
		r, _ := serve(t, db)
		begin := time.Now()
		h, err := Approval.Start(t.Context(), r, "", Request{Timeout: runner.Duration(time.Minute)})
		require.NoError(t, err)
		out, err := h.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "timed out", out.Status)
		require.Equal(t, time.Minute, time.Since(begin))
	})
}

func TestApprovalCanceled(t *testing.T) {
	inBubble(t, func(t *testing.T, db *sqlite.DB) {
		r, _ := serve(t, db)
		h, err := Approval.Start(t.Context(), r, "", Request{Title: "shoes"})
		require.NoError(t, err)
		require.NoError(t, h.Cancel(t.Context(), "ada", "no longer needed"))
		_, err = h.Wait(t.Context())
		require.ErrorIs(t, err, runner.ErrCanceled)
	})
}
