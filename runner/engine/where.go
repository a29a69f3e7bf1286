package engine

import (
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// where returns dir/file.go:line of the innermost caller outside the runner's
// own packages: the line of workflow code that asks.
func where() string {
	// A call is at most six frames deep in here, most are three or four; each costs
	// 100 ns.
	var pcs [4]uintptr
	for skip := 4; skip <= 8; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if place := placeOf(pc); place != "" {
				return place
			}
		}
	}
	return ""
}

// places caches what a program counter stands for: "" for our own code. It is
// bounded by the number of calls in the program's text.
var places sync.Map // uintptr → string

func placeOf(pc uintptr) string {
	if v, ok := places.Load(pc); ok {
		return v.(string)
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	place := ""
	if !ours(f.Function) || strings.HasSuffix(f.File, "_test.go") {
		dir, file := path.Split(f.File)
		place = path.Join(path.Base(dir), file) + ":" + strconv.Itoa(f.Line)
	}
	places.Store(pc, place)
	return place
}

// module is "github.com/…/durable/runner", whatever the module is called.
var module = func() string {
	pc, _, _, _ := runtime.Caller(0)
	name := runtime.FuncForPC(pc).Name()
	return name[:strings.LastIndex(name, "/engine.")]
}()

func ours(function string) bool {
	rest, ok := strings.CutPrefix(function, module)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "/engine.")) ||
		strings.HasPrefix(function, "iter.") || strings.HasPrefix(function, "runtime.")
}
