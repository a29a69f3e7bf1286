// Package chaos kills processes that run workflows, and shows that nothing is
// lost by it. It is behind the command durable chaos, and its parts can be used
// in tests of one's own workflows.
//
// A [Lab] is a temporary folder with a journal that may be maltreated and a
// [Ledger] of what really happened outside of that journal. It starts real
// processes of a real binary, most often the very one it is in, under [Orders]:
// to die at a chosen moment of the commit path, to have another clock, or to
// break a promise, which shows that the tester would notice.
//
// [Workflow] puts a workflow of one's own on trial: it is run undisturbed, and then
// killed wherever that run could have been. What came of it is a [Report].
//
// In a test of one's own, TestMain makes the test binary the program:
//
//	func TestMain(m *testing.M) {
//		if chaos.IsChild() {
//			cmd.Main(bindings()...) // does not return
//		}
//		os.Exit(m.Run())
//	}
//
// # Promises
//
// Orders are obeyed on a journal that a Lab created, and on no other. A kill
// happens once: its token is a file that is made just before. Nothing outside of
// the Lab's folder is written, and children of activities inherit no orders.
package chaos
