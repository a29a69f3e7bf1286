package cmd

import "github.com/urfave/cli/v2"

// finish puts everything in order, now that the command is known.
func (p *permuter) finish(env func(string) string) (call, error) {
	var local []cli.Flag
	if c := p.command(); c != nil {
		local = c.Flags
	}
	var mine, global []string
	for _, g := range p.flags {
		switch {
		case findFlag(local, g.name) != nil:
			mine = append(mine, g.String())
		case findFlag(p.app.Flags, g.name) != nil:
			global = append(global, g.String())
		case !p.help:
			return p.call, p.unknown(g.name)
		}
	}
	mine = append(p.fromEnv(local, env), mine...)
	global = append(p.fromEnv(p.app.Flags, env), global...)

	p.args = append([]string{p.app.Name}, global...)
	for _, c := range p.path {
		p.args = append(p.args, c.Name)
	}
	p.args = append(p.args, mine...)
	if len(p.rest) > 0 {
		p.args = append(append(p.args, "--"), p.rest...)
	}
	return p.call, nil
}

// fromEnv returns the flags of list that are not given but have a variable.
func (p *permuter) fromEnv(list []cli.Flag, env func(string) string) (out []string) {
	for _, f := range list {
		v := variable(p.command(), f)
		if v == "" || p.has(f) {
			continue
		}
		if value := env(v); value != "" {
			out = append(out, given{f.Names()[0], value, true}.String())
		}
	}
	return out
}

func (p *permuter) has(f cli.Flag) bool {
	for _, g := range p.flags {
		if findFlag([]cli.Flag{f}, g.name) != nil {
			return true
		}
	}
	return false
}
