package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// machine says on what it is measured: the processor, and what a sync of a
// written block takes on the disk that the files are on.
func machine(dir string) string {
	s := fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	info, _ := os.ReadFile("/proc/cpuinfo")
	if _, after, ok := strings.Cut(string(info), "model name\t: "); ok {
		name, _, _ := strings.Cut(after, "\n")
		s += ", " + name
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		s += ", load " + strings.Join(strings.Fields(string(load))[:3], " ") + " before it began"
	}
	took, err := syncTime(filepath.Join(dir, "sync"))
	if err != nil {
		return s + ", a sync failed: " + err.Error()
	}
	return s + fmt.Sprintf("; a 4 KiB block written again and synced: p50 %s ms.", figure(float64(took.Microseconds())/1000))
}

func syncTime(path string) (time.Duration, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	defer f.Close()
	var took []time.Duration
	for range 200 {
		began := time.Now()
		if _, err := f.WriteAt(make([]byte, 4096), 0); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
