//go:build race

package sqlite

// slow divides what the tests of faults do: SQLite is ten times slower under the
// race detector.
const slow = 10
