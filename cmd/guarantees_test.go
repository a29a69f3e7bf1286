package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGuaranteesHeld: the tests that docs/guarantees.md names are there, in the
// packages that it says.
func TestGuaranteesHeld(t *testing.T) {
	page, err := os.ReadFile("../docs/guarantees.md")
	require.NoError(t, err)
	tests := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, ".txtar"):
			tests[strings.TrimSuffix(folder, "/testdata")+" "+filepath.Base(path)] = true
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllSubmatch(text, -1) {
				tests[folder+" "+string(found[1])] = true
			}
		}
		return nil
	}))
	named := 0
	for row := range strings.Lines(string(page)) {
		if !strings.HasPrefix(row, "| P") {
			continue
		}
		for part := range strings.SplitSeq(row, " · ") {
			folder := ""
			for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(part, -1) {
				if name := word[1]; strings.HasPrefix(name, "Test") || strings.HasSuffix(name, ".txtar") {
					require.True(t, tests[folder+" "+name], "%s %s", folder, name)
					named++
				} else {
					folder = name
				}
			}
		}
	}
	require.Greater(t, named, 40)
}
