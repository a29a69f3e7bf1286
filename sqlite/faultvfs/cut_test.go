package faultvfs_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/sqlite/faultvfs"
)

// cut returns the files that a power cut after the first steps leaves.
func cut(t *testing.T, r *faultvfs.Recording, steps int, m faultvfs.Model, seed uint64) map[string]string {
	dir := t.TempDir()
	_, err := r.Cut(steps, m, rand.New(rand.NewPCG(seed, 0)), dir)
	require.NoError(t, err)
	files := map[string]string{}
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range names {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = string(b)
	}
	return files
}

func record(t *testing.T) (*faultvfs.Recording, string) {
	v, err := faultvfs.Register(t.Name())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "a.db")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	r, err := v.Record(path)
	require.NoError(t, err)
	return r, path
}

func TestCut(t *testing.T) {
	r, path := record(t)
	first := r.Len()
	r.Write(path, 0, []byte("new"))
	written := r.Len()
	r.Sync(path)
	synced := r.Len()
	r.Write(path, 3, bytes.Repeat([]byte("x"), 5000))
	all := r.Note("the end")
	require.Equal(t, []any{"the end"}, r.Noted(all))
	require.Empty(t, r.Noted(all-1))
	for _, c := range []struct {
		name  string
		steps int
		keep  float64
		want  string
	}{
		{"what was there counts as synced", first, 0, "old"},
		{"not synced, and lost", written, 0, "old"},
		{"not synced, and kept", written, 1, "new"},
		{"synced", synced, 0, "new"},
		{"synced, and what came later is lost", all, 0, "new"},
		{"kill -9", all, 1, "new" + string(bytes.Repeat([]byte("x"), 5000))},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, cut(t, r, c.steps, faultvfs.Model{Keep: c.keep}, 1)["a.db"])
		})
	}
	t.Run("torn, and the same each time", func(t *testing.T) {
		seen := map[string]bool{}
		for seed := range uint64(20) {
			m := faultvfs.Model{Keep: .5}
			got := cut(t, r, all, m, seed)
			require.Equal(t, got, cut(t, r, all, m, seed))
			require.Equal(t, "new", got["a.db"][:3])
			seen[got["a.db"]] = true
		}
		require.Greater(t, len(seen), 10)
	})
}

// TestCutWithinBlock has several writes to one block: what survives is what the
// file was at some moment.
func TestCutWithinBlock(t *testing.T) {
	r, path := record(t)
	r.Write(path, 0, []byte("aaa"))
	r.Write(path, 1, []byte("b"))
	r.Write(path, 2, []byte("c"))
	seen := map[string]bool{}
	for seed := range uint64(100) {
		seen[cut(t, r, r.Len(), faultvfs.Model{Keep: .5}, seed)["a.db"]] = true
	}
	require.Equal(t, map[string]bool{"old": true, "aaa": true, "aba": true, "abc": true}, seen)
}

func TestFlip(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	want := append(bytes.Repeat([]byte{7}, 10), make([]byte, 1000)...)
	require.NoError(t, os.WriteFile(name, want, 0o600))
	offset, bit, err := faultvfs.Flip(name, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Less(t, offset, int64(10))
	want[offset] ^= 1 << bit
	require.Equal(t, want, b)
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	_, _, err = faultvfs.Flip(name, rand.New(rand.NewPCG(1, 2)))
	require.ErrorContains(t, err, "is empty")
}
