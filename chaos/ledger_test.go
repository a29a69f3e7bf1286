package chaos_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
)

func TestLedgerCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	none, err := chaos.ReadLedger(path)
	require.NoError(t, err)
	require.Empty(t, none)

	l, err := chaos.OpenLedger(path)
	require.NoError(t, err)
	require.NoError(t, l.Note(`looks like {"what":"effect"}`))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, c := range []struct {
		name, text string
		entries    int
	}{
		{"at the end", string(whole) + string(whole[:30]), 1},
		{"and gone on by another process", string(whole) + string(whole[:30]) + string(whole), 2},
		{"at its first byte", string(whole) + "{" + string(whole), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			all, err := chaos.ReadLedger(path)
			require.NoError(t, err)
			require.Len(t, all, c.entries)
			require.Equal(t, all[0], all[c.entries-1])
		})
	}
	require.NoError(t, os.WriteFile(path, []byte("no JSON\n"), 0o600))
	_, err = chaos.ReadLedger(path)
	require.ErrorContains(t, err, "line 1")
	require.NoError(t, l.Close())
	require.Error(t, l.Note("closed"))
}
