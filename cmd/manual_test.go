package cmd

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"

	"github.com/seed139febb4/durable/runner"
)

// helped is what help prints of the words, on a terminal that is that wide.
func helped(t *testing.T, width int, words ...string) string {
	t.Helper()
	var out bytes.Buffer
	p := helpProgram()
	p.Stdout = &out
	s := newInvocation(p)
	s.out.width = func() int { return width }
	require.NoError(t, s.dispatch(context.Background(), append(words, "--help")))
	return out.String()
}

type helpInput struct {
	Title string          `json:"title" cli:"text" usage:"what it is about"`
	Wait  runner.Duration `json:"wait" default:"10s"`
	Sure  bool            `json:"sure"`
}

func helpProgram() Program {
	var (
		struct_ runner.Workflow[helpInput, int]        = "structured"
		bare    runner.Workflow[int, int]              = "bare"
		none    runner.Workflow[struct{}, int]         = "none"
		deep    runner.Workflow[map[string][]int, int] = "deep"
		single  runner.Workflow[struct {
			Wait runner.Duration `json:"wait" usage:"how long it takes"`
		}, int] = "single"
		yes runner.Signal[string] = "yes"
		now runner.Query[string]  = "now"
	)
	return Program{Name: "prog", Bindings: []runner.Binding{
		struct_.Bind(func(*runner.Context, helpInput) (int, error) { return 0, nil }, yes, now),
		bare.Bind(func(*runner.Context, int) (int, error) { return 0, nil }),
		none.Bind(func(*runner.Context, struct{}) (int, error) { return 0, nil }),
		deep.Bind(func(*runner.Context, map[string][]int) (int, error) { return 0, nil }),
		single.Bind(func(*runner.Context, struct {
			Wait runner.Duration `json:"wait" usage:"how long it takes"`
		}) (int, error) {
			return 0, nil
		}),
	}}
}

// TestExamples: every command has examples, and they are command lines.
func TestExamples(t *testing.T) {
	s := newInvocation(helpProgram())
	var paths [][]string
	for _, c := range s.app(nil).Commands {
		if !c.Hidden {
			paths = append(paths, []string{c.Name})
		}
	}
	for _, w := range s.workflowNames() {
		paths = append(paths, []string{"run", w})
	}
	for _, words := range append(paths, nil) {
		t.Run(strings.Join(words, " "), func(t *testing.T) {
			text := helped(t, 0, words...)
			_, after, ok := strings.Cut(text, "\nexamples:\n")
			require.True(t, ok, text)
			lines, _, _ := strings.Cut(after, "\n\n")
			for line := range strings.Lines(lines) {
				args := strings.Fields(line)
				require.Equal(t, "prog", args[0])
				call, err := permute(s.app(args[1:]), args[1:], noVariables)
				require.NoError(t, err, line)
				require.NotNil(t, call.command(), line)
				if c := call.command(); strings.HasPrefix(c.ArgsUsage, "ID") && !strings.HasPrefix(c.ArgsUsage, "ID]") {
					require.NotEmpty(t, call.rest, line)
				}
			}
		})
	}
}

func TestHelpOfWorkflows(t *testing.T) {
	text := helped(t, 0, "run")
	for _, want := range []string{
		"  structured  takes --title, --wait, --sure\n",
		"  bare        takes N\n",
		"  none        takes no input\n",
		"  deep        takes --input {text: [whole number]}\n",
		"  single      takes --wait: how long it takes\n",
	} {
		require.Contains(t, text, want)
	}
	require.Contains(t, helped(t, 0, "run", "structured"), "  prog run structured something --id first --detach\n")
	require.Contains(t, helped(t, 0, "run", "single"), "  prog run single --wait 10s\n")
	require.Contains(t, helped(t, 0, "run", "bare"), "  prog run bare 3\n")
	require.Contains(t, helped(t, 0, "run", "deep"), "  prog run deep\n")
}

// TestHelpOfIDs: whoever has to write an id is told what one is.
func TestHelpOfIDs(t *testing.T) {
	for _, name := range []string{"signal", "query", "show", "result", "cancel", "terminate", "resume"} {
		require.Contains(t, helped(t, 0, name), "@last:WORKFLOW", name)
	}
	require.NotContains(t, helped(t, 0, "list"), "@last:WORKFLOW")
}

func TestHelpFits(t *testing.T) {
	s := newInvocation(helpProgram())
	for _, c := range append(s.app(nil).Commands, &cli.Command{Name: ""}) {
		text := helped(t, 80, strings.Fields(c.Name)...)
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, columnsIn(strings.TrimSuffix(line, "\n")), 80, "%s: %s", c.Name, line)
		}
	}
}
