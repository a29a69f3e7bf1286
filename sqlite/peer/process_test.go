package peer

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// childPath makes the test binary a child process that joins the members of the
// database at that path; the word idle, one that only answers.
const childPath = "PEER_TEST_PATH"

// never is the pace of one who is told of a death by a connection or not at all.
var never = pace{soon: 1 << 62, usual: 1 << 62, alone: 1 << 62}

// child does what its standard input says, line by line, and answers each line
// with one. It ends without leaving.
func child(path string) {
	var m *Member
	var d *Dir
	r := newRecorder()
	if path != "idle" {
		var err error
		if d, err = Open(path); err == nil {
			d.pace = never
			m, err = d.Join(r)
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(m.Token())
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		verb, rest, _ := strings.Cut(in.Text(), " ")
		var err error
		switch verb {
		case "mark":
			err = m.Mark([]byte(rest))
		case "mourn": // wait for a death
			<-r.died
		case "enter":
			err = d.Turnstile().Enter(context.Background())
		case "spawn": // and leave the pipes to it
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childPath+"=idle")
			cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
			err = cmd.Start()
		}
		fmt.Println(verb, err)
	}
}

// A process is a child, seen from the test.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    *os.File
	out   *bufio.Reader
	token string
}

func start(t testing.TB, path string) *process {
	t.Helper()
	p := launch(t, path)
	p.joined()
	return p
}

// launch is start without waiting until the process has joined.
func launch(t testing.TB, path string) *process {
	t.Helper()
	inR, inW, err := os.Pipe()
	require.NoError(t, err)
	outR, outW, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inR, outW, os.Stderr
	require.NoError(t, cmd.Start())
	_ = inR.Close()
	_ = outW.Close()
	p := &process{t: t, cmd: cmd, in: inW, out: bufio.NewReader(outR)}
	t.Cleanup(func() {
		_ = inW.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = outR.Close()
	})
	return p
}

func (p *process) joined() {
	p.t.Helper()
	p.token = p.line()
	require.True(p.t, isToken(p.token), p.token)
}

func (p *process) line() string {
	p.t.Helper()
	s, err := p.out.ReadString('\n')
	require.NoError(p.t, err)
	return strings.TrimSpace(s)
}

// order sends a line without waiting for the answer.
func (p *process) order(line string) {
	p.t.Helper()
	_, err := fmt.Fprintln(p.in, line)
	require.NoError(p.t, err)
}

// do waits until it is done.
func (p *process) do(line string) {
	p.t.Helper()
	p.order(line)
	verb, _, _ := strings.Cut(line, " ")
	require.Equal(p.t, verb+" <nil>", p.line())
}

// kill is kill -9.
func (p *process) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
}

func TestKilledProcess(t *testing.T) {
	t.Run("is noticed, and its mark remains", func(t *testing.T) {
		path := base(t)
		d, _, r := join(t, path)
		began := time.Now().Add(-time.Second) // the file system's clock is coarse
		p := start(t, path)
		linked(t, d, p.token)
		p.do("mark 4711")
		p.kill()
		await(t, r.died, "the notice of its death")

		alive, sign, err := d.Alive(p.token)
		require.NoError(t, err)
		require.False(t, alive)
		require.True(t, sign.After(began) && sign.Before(time.Now().Add(time.Second)), sign)
		info, err := d.info(p.token)
		require.NoError(t, err)
		require.Equal(t, "4711", string(info.Mark))
		require.Equal(t, p.cmd.Process.Pid, info.PID)
		require.False(t, info.Live)

		d.hub().scan()
		require.Empty(t, r.died, "once")
		require.False(t, d.Turnstile().Crowded())
		require.NoError(t, d.Remove(p.token))
		require.NoError(t, d.Close())
		require.NoDirExists(t, d.path)
	})
	t.Run("is noticed without sockets", func(t *testing.T) {
		path := base(t)
		p := start(t, path)
		socket, err := open(t, path).socketOf(p.token)
		require.NoError(t, err)
		require.NoError(t, os.Remove(socket))
		d, _, r := join(t, path)
		require.True(t, d.Turnstile().Crowded(), "it was found by its lock")
		p.kill()
		await(t, r.died, "the notice of its death")
	})
	t.Run("had started another one", func(t *testing.T) {
		path := base(t)
		d, _, r := join(t, path)
		p := start(t, path)
		linked(t, d, p.token)
		p.do("spawn")
		p.kill()
		await(t, r.died, "the notice of its death")
		alive, _, err := d.Alive(p.token)
		require.NoError(t, err)
		require.False(t, alive, "nothing of it was inherited")
		p.do("ping") // the other one lives, and answers now
	})
	t.Run("was inside the turnstile", func(t *testing.T) {
		path := base(t)
		d, _, _ := join(t, path)
		p := start(t, path)
		p.do("enter")
		require.Equal(t, fmt.Sprint("pid ", p.cmd.Process.Pid), d.Turnstile().Holder())
		entered := make(chan error, 1)
		go func() { entered <- d.Turnstile().Enter(context.Background()) }()
		until(t, func() bool { return held(t, &d.turnstile.gate) }, "somebody waits")
		p.kill()
		require.NoError(t, await(t, entered, "the turn"))
		require.Equal(t, fmt.Sprint("pid ", os.Getpid()), d.Turnstile().Holder())
		d.Turnstile().Leave()
		require.Empty(t, d.Turnstile().Holder())
	})
}

// TestDeathIsToldByTheConnection kills processes at random moments after they
// have joined, two at the same time. Nobody here looks at the lock files
// afterwards, so who is told was told by the end of a connection.
func TestDeathIsToldByTheConnection(t *testing.T) {
	path := base(t)
	d, r := open(t, path), newRecorder()
	d.pace = never
	_, err := d.Join(r)
	require.NoError(t, err)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	moment := rand.New(rand.NewPCG(seed, 0))
	for range 10 {
		one, other := launch(t, path), launch(t, path)
		one.joined()
		other.joined()
		for range moment.IntN(1000) {
			runtime.Gosched()
		}
		one.kill()
		await(t, r.died, "the death of one")
		other.do("mourn")
		other.kill()
		await(t, r.died, "the death of the other")
		require.Empty(t, r.died, "once each")
	}
}
