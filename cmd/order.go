package cmd

import "github.com/urfave/cli/v2"

// finish puts everything in order, now that the command is known.
func (p *permuter) finish(env func(string) string) (call, error) {
	var local []cli.Flag
	if c := p.command(); c != nil {
		local = c.Flags
	}
	var mine, global []string
	var err error
	for _, g := range p.flags {
		switch {
		case findFlag(local, g.name) != nil:
			mine, err = p.take(mine, findFlag(local, g.name), g, "--"+g.name)
		case findFlag(p.app.Flags, g.name) != nil:
			global, err = p.take(global, findFlag(p.app.Flags, g.name), g, "--"+g.name)
		case !p.help:
			return p.call, p.unknown(g.name)
		}
		if err != nil {
			return p.call, err
		}
	}
	if mine, err = p.fromEnv(mine, local, env); err != nil {
		return p.call, err
	}
	if global, err = p.fromEnv(global, p.app.Flags, env); err != nil {
		return p.call, err
	}

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

// take adds a flag whose value is of its type.
func (p *permuter) take(list []string, f cli.Flag, g given, said string) ([]string, error) {
	var err error
	if g.valued {
		g.value, err = typed(f, g.value, said)
	}
	return append(list, g.String()), err
}

// fromEnv adds the flags of flags that are not given but have a variable.
func (p *permuter) fromEnv(list []string, flags []cli.Flag, env func(string) string) ([]string, error) {
	for _, f := range flags {
		v := variable(p.command(), f)
		if v == "" || p.has(f) {
			continue
		}
		if value := env(v); value != "" {
			var err error
			if list, err = p.take(list, f, given{f.Names()[0], value, true}, v); err != nil {
				return list, err
			}
			if p.variables == nil {
				p.variables = map[string]string{}
			}
			p.variables[f.Names()[0]] = v
		}
	}
	return list, nil
}

func (p *permuter) has(f cli.Flag) bool {
	for _, g := range p.flags {
		if findFlag([]cli.Flag{f}, g.name) != nil {
			return true
		}
	}
	return false
}
