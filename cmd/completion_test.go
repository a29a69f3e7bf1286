package cmd_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/cmd"
	"github.com/seed139febb4/durable/examples"
)

// completions run a completion script in its shell and print what it offers for
// the words of a command line. zsh's own functions are stood in for.
var completions = map[string]string{
	"bash": `source script
COMP_WORDS=(durable "$@"); COMP_CWORD=$#
_durable
printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `compdef() { :; }; compadd() { shift; print -l -- ${(P)1}; }; _files() { print files; }
source script
words=(durable "$@"); CURRENT=$(($# + 1))
_durable`,
	"fish": `source script
complete --do-complete (string join ' ' -- durable $argv)`,
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil || runtime.GOOS == "windows" {
				t.Skip("there is no", shell, "here")
			}
			dir := shellDir(t, shell)
			// bash takes the line apart at = and :, so the words are given that way.
			for _, c := range []struct {
				line, want string
				apart      string // as bash does it; "": the same
			}{
				{"ru", "run", ""},
				{"run h", "hello", ""},
				{"run durable --sl", "--sleep", ""},
				{"list -o js", "json jsonl", ""},
				{"list --output=jsonl", "--output=jsonl", "list --output = jsonl"},
				{"list --status fail", "failed", ""},
				{"list --status open,fail", "open,failed", ""},
				{"list --workflow app", "approval", ""},
				{"list --color al", "always", ""},
				{"list --log-level de", "debug", ""},
				{"result @last:app", "@last:approval", "result @last : app"},
				{"result @last:d", "@last:durable", "result @last : d"},
				{"completion f", "fish", ""},
			} {
				line, want := c.line, c.want
				if shell == "bash" && c.apart != "" {
					line, want = c.apart, want[strings.LastIndexAny(want, "=:")+1:]
				}
				args := append([]string{"-c", completions[shell]}, strings.Fields(line)...)
				if shell != "fish" {
					args = append([]string{"-c", completions[shell], shell}, strings.Fields(line)...)
				}
				run := exec.Command(path, args...)
				run.Dir = dir
				run.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir)
				out, err := run.CombinedOutput()
				require.NoError(t, err, "%s: %s", line, out)
				got := strings.Fields(string(out))
				if shell == "fish" { // it adds a description behind a tab, here none
					got = strings.Fields(strings.ReplaceAll(string(out), "\t", " "))
				}
				require.Equal(t, want, strings.Join(got, " "), c.line)
			}
		})
	}
}

// shellDir is a folder with a program durable, this one, and its script.
func shellDir(t *testing.T, shell string) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(dir, "durable")))
	script, err := os.Create(filepath.Join(dir, "script"))
	require.NoError(t, err)
	defer script.Close()
	p := cmd.Program{Name: "durable", Bindings: examples.Bindings(), Stdout: script}
	require.Zero(t, p.Run(context.Background(), []string{"completion", shell}))
	return dir
}
