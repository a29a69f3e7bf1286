package chaos_test

import (
	"os"
	"os/signal"
	"testing"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/cmd"
	"github.com/seed139febb4/durable/examples"
)

// TestMain makes the test binary the program whose processes are killed.
func TestMain(m *testing.M) {
	if chaos.IsChild() {
		cmd.Main(examples.Bindings()...) // does not return
	}
	if signal.Ignored(os.Interrupt) { // in the background of a script, and so would the children, until they are ready to listen
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	os.Exit(m.Run())
}
