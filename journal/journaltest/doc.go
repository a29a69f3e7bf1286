// Package journaltest holds the tests that every journal store must pass.
//
// [Exercise] goes through every method and every refusal of the port, one case
// each. [Compare] carries out the same random operations on two stores and
// demands the same answers. [Verify] runs journal.Check and belongs into the
// Cleanup of every test that opened a journal.
//
// The package imports nothing but the standard library, so that a store outside
// of this module can use it without further dependencies.
package journaltest
