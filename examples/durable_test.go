package examples

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/runner"
	"github.com/seed139febb4/durable/sqlite"
)

func TestDurable(t *testing.T) {
	for name, stops := range map[string]int{"undisturbed": 0, "interrupted": 1, "often interrupted": 4} {
		t.Run(name, func(t *testing.T) {
			path := inBubble(t, func(t *testing.T, db *sqlite.DB) {
				begin := time.Now()
				r, stop := serve(t, db)
				_, err := Durable.Start(t.Context(), r, "d", Nap{Sleep: runner.Duration(10 * time.Second)})
				require.NoError(t, err)
				for range stops {
					<-time.After(time.Second)
					synctest.Wait()
					stop()
					<-time.After(time.Second) // while nobody runs it
					r, stop = serve(t, db)
				}
				out, err := Durable.Handle(r, "d").Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, Rested{Message: "slept 10s", Ticket: "T-0EC2CBAF", Row: 1}, out)
				require.Equal(t, 10*time.Second, time.Since(begin))
			})
			require.Equal(t, []string{"slept 10s"}, entries(t, path))
		})
	}
}
