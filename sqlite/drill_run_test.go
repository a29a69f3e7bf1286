package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDrill is the drill on a disk without faults.
func TestDrill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the power cuts' drills will do")
	}
	d := newDrill(chance(0), filepath.Join(t.TempDir(), "test.db"))
	for range 3 {
		require.NoError(t, d.open())
		for range 200 {
			require.NoError(t, d.step())
		}
		require.NoError(t, sound(d.db, d.held))
		require.NoError(t, d.close())
	}
}
