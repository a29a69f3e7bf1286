package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkHello is a whole process on an existing file: exec, open, one run of
// two commits, close.
func BenchmarkHello(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "durable")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(b, err, "%s", out)
	hello := func() {
		out, err := exec.Command(program, "run", "hello", "--db", filepath.Join(dir, "hello.db")).CombinedOutput()
		require.NoError(b, err, "%s", out)
	}
	hello()
	for b.Loop() {
		hello()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/process")
}
