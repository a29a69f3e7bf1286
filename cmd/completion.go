package cmd

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// shells are the completion scripts. Each asks the program itself, with the
// words so far, of which the last may be empty. %[1]s is the program's name.
var shells = map[string]string{
	// bash takes words apart at = and :, and puts back only what follows the last.
	"bash": `_%[1]s() {
  local IFS=$'\n' words=() word glued= i reply
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && ( -n $glued || $word == [=:]* ) ]]; then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    [[ $word == [=:]* ]] && glued=1 || glued=
  done
  word=${words[${#words[@]}-1]}
  COMPREPLY=()
  for reply in $(%[1]s __complete -- "${words[@]}" 2>/dev/null); do
    COMPREPLY+=("${reply#"${word%%"${word##*[=:]}"}"}")
  done
}
complete -o default -F _%[1]s %[1]s
`,
	"zsh": `#compdef %[1]s
_%[1]s() {
  local -a found
  found=("${(@f)$(%[1]s __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
compdef _%[1]s %[1]s
`,
	"fish": `function __%[1]s_complete
  set -l words (commandline -opc) (commandline -ct)
  %[1]s __complete -- $words[2..-1] 2>/dev/null
end
complete -c %[1]s -a '(__%[1]s_complete)'
`,
}

func (s *invocation) completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a completion script for a shell", ArgsUsage: "bash|zsh|fish",
		Description: fmt.Sprintf(`bash:  source <(%[1]s completion bash)
zsh:   source <(%[1]s completion zsh)
fish:  %[1]s completion fish | source`, s.Name),
		Action: func(c *cli.Context) error {
			args, err := words(c, 1, 1)
			if err != nil {
				return err
			}
			script, ok := shells[args[0]]
			if !ok {
				u := usagef("there is no completion for shell %s", quote(args[0]))
				u.hint = didYouMean(args[0], []string{"bash", "zsh", "fish"})
				return u
			}
			_, err = fmt.Fprintf(s.Stdout, script, s.Name)
			return err
		},
	}
}

// completeCommand is what the scripts call. It never fails: no candidates is an
// answer too.
func (s *invocation) completeCommand() *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true,
		Action: func(c *cli.Context) error {
			line := c.Args().Slice()
			if len(line) == 0 {
				line = []string{""}
			}
			last := line[len(line)-1]
			for _, word := range s.candidates(c.Context, line) {
				if strings.HasPrefix(word, last) {
					fmt.Fprintln(s.Stdout, clean(word))
				}
			}
			return nil
		},
	}
}
