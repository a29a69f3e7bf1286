// Command durable runs durable workflows: each result and each deadline is
// journaled in one SQLite file, so a process that is killed carries on where it
// stopped. It comes with the workflows of package examples; a program of your
// own gets the same command line by calling cmd.Main with its own bindings.
package main

import (
	"github.com/seed139febb4/durable/cmd"
	"github.com/seed139febb4/durable/examples"
)

func main() { cmd.Main(examples.Bindings()...) }
