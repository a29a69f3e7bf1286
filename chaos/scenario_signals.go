package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/seed139febb4/durable/journal"
)

const senders = 8

// A letterbox is what one sender knows of its letters.
type letterbox struct {
	sent  []string // in order; those that were acknowledged
	maybe []string // its process was killed, and it did not try again
}

// killSenders has 8 senders send letters one after the other. Some of their
// processes are killed while they send: the sender then sends the letter again
// with the same key, or gives up on it. Meanwhile the receiver is killed, too.
func killSenders(t *trial) {
	t.do(Orders{}, "run", "letters", "--id", "box", "--detach")
	boxes := make([]letterbox, senders)
	var all sync.WaitGroup
	for i := range boxes {
		rng := rand.New(rand.NewPCG(t.rng.Uint64(), uint64(i)))
		all.Go(func() { t.send(i, &boxes[i], max(3, t.often(160)/senders*2), rng) })
	}
	sent := make(chan struct{})
	go func() {
		all.Wait()
		close(sent)
	}()
	p := t.start(Orders{}, "worker")
	for done := false; !done; {
		select {
		case <-sent:
			done = true
		case <-time.After(t.between(50*time.Millisecond, 300*time.Millisecond)):
			t.kill(p)
			p = t.start(Orders{}, "worker")
		}
	}
	t.do(Orders{}, "signal", "box", "enough")
	var got []string
	t.must(json.Unmarshal([]byte(t.results([]string{"box"})["box"]), &got))
	t.judgeLetters(boxes, got)
	t.judge()
}

// send sends n letters. It is called in a goroutine of its own.
func (t *trial) send(sender int, box *letterbox, n int, rng *rand.Rand) {
	points := []journal.Point{journal.BeginAfter, journal.WrittenPost, journal.CommitBefore, journal.CommitAfter, journal.LeaveBefore}
	for i := range n {
		letter := fmt.Sprintf("%d-%d", sender, i)
		o := Orders{}
		if rng.IntN(4) == 0 {
			o.Kills = []Kill{{Token: letter, At: journal.Moment{Point: points[rng.IntN(len(points))]}}}
		}
		givesUp := rng.IntN(3) == 0
		for {
			p, err := t.begin(o, "signal", "box", "letter", strconv.Quote(letter), "--key", letter)
			if err != nil {
				t.problem("%v", err)
				return
			}
			<-p.Gone()
			switch code, _ := p.Wait(t.ctx); {
			case code == 0:
				box.sent = append(box.sent, letter)
			case code != -1:
				t.problem("%s ended with %d: %s", p, code, p.Stderr())
			case givesUp:
				t.died("kill", p)
				box.maybe = append(box.maybe, letter)
			default:
				t.died("kill", p)
				continue
			}
			break
		}
	}
}

// judgeLetters compares what senders know with what the receiver got.
func (t *trial) judgeLetters(boxes []letterbox, got []string) {
	place := map[string]int{}
	for i, letter := range got {
		if _, twice := place[letter]; twice {
			t.problem("letter %s was delivered twice", letter)
		}
		place[letter] = i
	}
	lost := 0
	known := 0
	for _, box := range boxes {
		last := -1
		for _, letter := range box.sent {
			at, there := place[letter]
			switch {
			case !there:
				lost++
				t.problem("letter %s was acknowledged, and not delivered", letter)
			case at < last:
				t.problem("letter %s was delivered before an earlier one of its sender", letter)
			default:
				last = at
			}
			known++
		}
		for _, letter := range box.maybe {
			if _, there := place[letter]; there {
				known++
			}
		}
	}
	if known-lost != len(place) {
		t.problem("%d letters were delivered that nobody sent", len(place)-(known-lost))
	}
	t.mu.Lock()
	t.out.Lost += lost
	t.mu.Unlock()
}
