package chaos_test

import (
	"os"
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
	os.Exit(m.Run())
}
