package peer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed139febb4/durable/sqlite/peer"
)

// A clerk is a Handler.
type clerk struct{ nudged chan int64 }

func (c clerk) Nudged(run int64) { c.nudged <- run }
func (c clerk) Died()            {}
func (c clerk) Called(_ context.Context, question []byte) ([]byte, error) {
	return append(question, '!'), nil
}

// database returns a path beside which nothing is yet.
func database() (path string, remove func()) {
	folder, err := os.MkdirTemp("", "p")
	if err != nil {
		panic(err)
	}
	return filepath.Join(folder, "a.db"), func() { _ = os.RemoveAll(folder) }
}

// A member is known to everybody who opens the same database.
func ExampleDir_Join() {
	path, remove := database()
	defer remove()
	worker, _ := peer.Open(path)
	m, err := worker.Join(clerk{})
	fmt.Println("joined:", err)
	_ = m.Mark([]byte("4711"))

	other, _ := peer.Open(path)
	all, _ := other.Members()
	for _, info := range all {
		fmt.Printf("live %t, this process %t, mark %s\n", info.Live, info.PID == os.Getpid(), info.Mark)
	}
	_ = m.Leave()
	alive, _, _ := other.Alive(m.Token())
	fmt.Println("after it left:", alive)
	// Output:
	// joined: <nil>
	// live true, this process true, mark 4711
	// after it left: false
}

// A process that is no member can ask one, and tell all.
func ExampleDir_Call() {
	path, remove := database()
	defer remove()
	c := clerk{nudged: make(chan int64, 1)}
	worker, _ := peer.Open(path)
	m, _ := worker.Join(c)
	defer worker.Close()

	client, _ := peer.Open(path)
	defer client.Close()
	reply, err := client.Call(context.Background(), m.Token(), []byte("hello"))
	fmt.Println(string(reply), err)
	client.Nudge("", 7)
	fmt.Println("run", <-c.nudged)
	// Output:
	// hello! <nil>
	// run 7
}

// Who writes while others want to write too goes through the turnstile.
func ExampleTurnstile() {
	path, remove := database()
	defer remove()
	client, _ := peer.Open(path)
	defer client.Close()
	done := client.Announce()
	defer done()

	turn := client.Turnstile()
	fmt.Println("crowded:", turn.Crowded())
	if err := turn.Enter(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("inside:", turn.Holder() == fmt.Sprint("pid ", os.Getpid()))
	turn.Leave()
	fmt.Println("inside:", turn.Holder() != "")
	// Output:
	// crowded: false
	// inside: true
	// inside: false
}
