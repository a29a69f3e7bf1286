// Package port is where a system meets the workloads: what it has to offer to
// be measured, and the workloads themselves.
//
// A system is a [Peer] in a program of its own, whose main calls [Serve]. It
// implements a handful of workflows, the same for all: n activities in a row, n
// at once, one that sleeps, one that awaits a signal, one whose activity never
// ends. An activity does nothing but call [Work.Step], so what is measured is
// the system. What a system does not offer it refuses with [NotOffered]; that is
// a column with a dash and the reason.
//
// The workloads (one file each, with a paragraph that says what is done and
// what is measured) call these methods and hold the clock. So nobody measures
// himself, and no workload knows a system.
//
// This module has no dependencies: a peer is built with exactly the versions
// that its own go.mod asks for.
package port
