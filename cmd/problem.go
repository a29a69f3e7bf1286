package cmd

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/seed139febb4/durable/journal"
)

// problemRows say why a run is stuck: both sides of a divergence, or where the
// code panicked.
func problemRows(raw json.RawMessage) (rows [][2]string) {
	var p journal.Problem
	if json.Unmarshal(raw, &p) != nil {
		return [][2]string{{"reason", string(raw)}}
	}
	if p.Kind != "divergence" {
		rows = append(rows, [2]string{"reason", p.Message})
		return append(rows, stackRows(p.Stack)...)
	}
	rows = append(rows, [2]string{"reason", fmt.Sprintf("the code does not match the journal at event %d", p.Event)})
	for _, side := range [...]struct{ name, what, where string }{
		{"recorded", p.Recorded, p.RecordedAt}, {"asked", p.Asked, p.AskedAt},
	} {
		rows = append(rows, [2]string{side.name, side.what})
		if side.where != "" {
			rows = append(rows, [2]string{side.name + " at", side.where})
		}
	}
	return rows
}

// failureRows are where the code of a failed run panicked, if it did.
func failureRows(raw json.RawMessage) [][2]string {
	var f journal.Failure
	if json.Unmarshal(raw, &f) != nil {
		return nil
	}
	return stackRows(f.Stack)
}

// stackRows are the user's frames of a stack, the innermost first.
func stackRows(stack string) (rows [][2]string) {
	for _, f := range userFrames(stack) {
		if rows == nil {
			rows = append(rows, [2]string{"panic at", f.place})
		}
		rows = append(rows, [2]string{"stack", f.function + "  " + f.place})
	}
	return rows
}

// A frame is a function on a stack, and the dir/file.go:line that it has reached.
type frame struct{ function, place string }

// machinery are the packages whose frames say nothing to whoever wrote the
// workflow.
var machinery = []string{"runtime.", "runtime/", "iter.", "panic(", "created by ",
	"github.com/seed139febb4/durable/runner.", "github.com/seed139febb4/durable/runner/engine.", "github.com/seed139febb4/durable/runner/host."}

// userFrames takes what debug.Stack returned apart: a line with the function,
// and one with its file, for each frame.
func userFrames(stack string) (frames []frame) {
	lines := strings.Split(stack, "\n")
	for i := 0; i+1 < len(lines); i++ {
		file, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok || isMachinery(lines[i]) {
			continue
		}
		file, _, _ = strings.Cut(file, " +0x")
		dir, name := path.Split(file)
		function := lines[i]
		if end := strings.LastIndexByte(function, '('); end > 0 {
			function = function[:end] // without its arguments
		}
		frames = append(frames, frame{path.Base(function), path.Join(path.Base(dir), name)})
	}
	return frames
}

func isMachinery(function string) bool {
	for _, prefix := range machinery {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
