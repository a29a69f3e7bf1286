package journal_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/journal"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 7, time.UTC)

// commands has every field of a Command, and names that JSON must escape.
var commands = []journal.Command{
	{Kind: journal.RunActivity, Op: 1, Name: "process", Data: json.RawMessage(`{"amount":12}`), Where: "shop/order.go:12"},
	{Kind: journal.RunStep, Op: 2, Name: `a "quoted" <name> & ünïcode`},
	{Kind: journal.RunTx, Op: 3, Name: "record", Data: json.RawMessage(`null`)},
	{Kind: journal.StartTimer, Op: 4, For: 90 * time.Second, Due: noon},
	{Kind: journal.StartChild, Op: 5, Name: "ship", ID: "order/1.ship", Data: json.RawMessage(`[]`)},
	{Kind: journal.CancelOp, Op: 4, Name: journal.WaitForAnswer},
	{Kind: journal.Complete, Data: json.RawMessage(`"done"`)},
}

// These are bytes on disk: a change here is a change of the stored format.
const storedCommands = `[{"do":"activity","op":1,"name":"process","data":{"amount":12},"where":"shop/order.go:12"},` +
	`{"do":"step","op":2,"name":"a \"quoted\" \u003cname\u003e \u0026 ünïcode"},` +
	`{"do":"tx","op":3,"name":"record","data":null},` +
	`{"do":"timer","op":4,"for":90000000000,"due":"2026-01-02T12:00:00.000000007Z"},` +
	`{"do":"child","op":5,"name":"ship","id":"order/1.ship","data":[]},` +
	`{"do":"cancel","op":4,"name":"wait"},` +
	`{"do":"completed","data":"done"}]`

func TestStoredCommands(t *testing.T) {
	require.Equal(t, storedCommands, string(journal.AppendCommands(nil, commands)))
	e := journal.Event{Commands: json.RawMessage(storedCommands)}
	got, err := e.Asked()
	require.NoError(t, err)
	require.Equal(t, commands, got)
	end := []journal.Command{{Kind: journal.Fail, Data: json.RawMessage(`1`), Unread: []int64{4, 16}}}
	require.Equal(t, `[{"do":"failed","data":1,"unread":[4,16]}]`, string(journal.AppendCommands(nil, end)))
}

func TestStoredNote(t *testing.T) {
	full := journal.Note{By: "ada", Sent: noon, Message: 3, Attempt: 2, Due: noon.Add(time.Hour), Began: noon.Add(-time.Minute), Key: "k", Verified: true}
	require.Equal(t, `{"by":"ada","sent":"2026-01-02T12:00:00.000000007Z","message":3,"attempt":2,`+
		`"due":"2026-01-02T13:00:00.000000007Z","began":"2026-01-02T11:59:00.000000007Z","key":"k","verified":true}`, string(full.Encode()))
	require.Equal(t, full, (&journal.Event{Note: full.Encode()}).Facts())
	require.Nil(t, journal.Note{}.Encode())
	require.Zero(t, (&journal.Event{}).Facts())
	require.Zero(t, (&journal.Event{Note: json.RawMessage(`{"by":`)}).Facts())
}

func TestStoredFailureAndProblem(t *testing.T) {
	b, err := json.Marshal(journal.Failure{Message: "m", Code: "panic", Failures: []string{"declined"}, NonRetryable: true, Stack: "s"})
	require.NoError(t, err)
	require.Equal(t, `{"error":"m","code":"panic","failures":["declined"],"nonretryable":true,"stack":"s"}`, string(b))
	b, err = json.Marshal(journal.Problem{Kind: "divergence", Message: "m", Event: 1, Op: 2, Recorded: "r", RecordedAt: "ra", Asked: "a", AskedAt: "aa", Stack: "s"})
	require.NoError(t, err)
	require.Equal(t, `{"kind":"divergence","message":"m","event":1,"op":2,"recorded":"r","recorded_at":"ra","asked":"a","asked_at":"aa","stack":"s"}`, string(b))
}

// The words on disk.
func TestStoredWords(t *testing.T) {
	var words []string
	for _, k := range []journal.Kind{journal.Started, journal.ActivityCompleted, journal.ActivityFailed, journal.AttemptFailed, journal.TimerFired,
		journal.SignalReceived, journal.CancelRequested, journal.ChildCompleted, journal.ChildFailed, journal.Terminated} {
		words = append(words, string(k))
	}
	for _, k := range []journal.MessageKind{journal.StartMessage, journal.SignalMessage, journal.CancelMessage, journal.ResultMessage} {
		words = append(words, string(k))
	}
	for _, s := range []journal.Status{journal.StatusOpen, journal.StatusStuck, journal.StatusCompleted, journal.StatusFailed,
		journal.StatusCanceled, journal.StatusTerminated} {
		words = append(words, string(s))
	}
	require.Equal(t, "run.started activity.completed activity.failed attempt.failed timer.fired signal.received cancel.requested "+
		"child.completed child.failed run.terminated start signal cancel result open stuck completed failed canceled terminated",
		strings.Join(words, " "))
}

func TestStoredChecksums(t *testing.T) {
	e := journal.Event{
		Seq: 7, At: noon, Kind: journal.ActivityCompleted, Op: 3, Name: "process",
		Data: json.RawMessage(`{"ok":true}`), Note: json.RawMessage(`{"attempt":2}`), Commands: json.RawMessage(storedCommands),
	}
	require.Equal(t, uint32(0x6972dbc0), journal.Root("01K00000000000000000000001"))
	journal.Seal(0xdeadbeef, &e)
	require.Equal(t, uint32(0x3cd0c8a9), e.Sum)
	m := journal.Message{Kind: journal.SignalMessage, Name: "approve", Data: json.RawMessage(`1`), By: "ada", Key: "k", At: noon}
	require.Equal(t, uint32(0x452ea086), m.Checksum(5))
}

// Every field of an event is covered, and so is its predecessor.
func TestVerify(t *testing.T) {
	e := journal.Event{Seq: 1, At: noon, Kind: journal.Started, Op: 1, Name: "n", Data: json.RawMessage(`1`), Note: json.RawMessage(`{}`), Commands: json.RawMessage(`[]`)}
	journal.Seal(9, &e)
	require.True(t, journal.Verify(9, &e))
	require.False(t, journal.Verify(8, &e))
	for name, change := range map[string]func(*journal.Event){
		"seq":         func(e *journal.Event) { e.Seq++ },
		"at":          func(e *journal.Event) { e.At = e.At.Add(1) },
		"kind":        func(e *journal.Event) { e.Kind = journal.Terminated },
		"op":          func(e *journal.Event) { e.Op++ },
		"name":        func(e *journal.Event) { e.Name = "m" },
		"data":        func(e *journal.Event) { e.Data = json.RawMessage(`2`) },
		"no data":     func(e *journal.Event) { e.Data = nil },
		"empty data":  func(e *journal.Event) { e.Data = json.RawMessage{} },
		"note":        func(e *journal.Event) { e.Note = nil },
		"commands":    func(e *journal.Event) { e.Commands = nil },
		"sum":         func(e *journal.Event) { e.Sum ^= 1 },
		"moved bytes": func(e *journal.Event) { e.Kind, e.Name = e.Kind+"n", "" },
	} {
		t.Run(name, func(t *testing.T) {
			c := e
			change(&c)
			require.False(t, journal.Verify(9, &c))
		})
	}
	e.At = e.At.In(time.FixedZone("elsewhere", 7200))
	require.True(t, journal.Verify(9, &e), "the zone is not stored")
}

func TestMessageChecksum(t *testing.T) {
	m := journal.Message{Kind: journal.ResultMessage, Event: journal.ActivityCompleted, Op: 1, Name: "n", Data: json.RawMessage(`1`), By: "b", Key: "k", At: noon}
	sum := m.Checksum(1)
	require.NotEqual(t, sum, m.Checksum(2), "the run")
	for name, change := range map[string]func(*journal.Message){
		"kind":              func(m *journal.Message) { m.Kind = journal.SignalMessage },
		"event":             func(m *journal.Message) { m.Event = journal.ActivityFailed },
		"op":                func(m *journal.Message) { m.Op++ },
		"name":              func(m *journal.Message) { m.Name = "" },
		"data":              func(m *journal.Message) { m.Data = nil },
		"by":                func(m *journal.Message) { m.By, m.Key = "bk", "" },
		"at":                func(m *journal.Message) { m.At = m.At.Add(-1) },
		"more than a claim": func(m *journal.Message) { m.Verified = true },
	} {
		t.Run(name, func(t *testing.T) {
			c := m
			change(&c)
			require.NotEqual(t, sum, c.Checksum(1))
		})
	}
	m.ID, m.Sum = 77, 88
	require.Equal(t, sum, m.Checksum(1), "the id is given by the store")
}

func TestDeadline(t *testing.T) {
	require.Equal(t, noon.Add(time.Hour), journal.Deadline(noon, time.Hour))
	require.Equal(t, journal.Latest, journal.Deadline(noon, 1<<63-1))
	require.True(t, time.Unix(0, journal.Latest.UnixNano()).Equal(journal.Latest))
}
