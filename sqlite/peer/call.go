package peer

import (
	"context"
	"errors"
	"fmt"
)

// maxAsked is how many questions of one connection are answered at once.
const maxAsked = 128

// A RemoteError is the text of an error that another process answered with.
type RemoteError string

func (e RemoteError) Error() string { return string(e) }

// call asks a question and waits for its answer.
func (l *link) call(ctx context.Context, question []byte) ([]byte, error) {
	id, got := l.expect()
	defer l.unexpect(id)
	select {
	case l.out <- frame{kind: ask, id: id, body: question}:
	case <-l.ended:
		return nil, l.unreachable()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case f := <-got:
		return result(f)
	case <-l.ended:
		select {
		case f := <-got: // it came before the end
			return result(f)
		default:
			return nil, l.unreachable()
		}
	case <-ctx.Done():
		l.post(frame{kind: drop, id: id})
		return nil, context.Cause(ctx)
	}
}

func result(f frame) ([]byte, error) {
	if f.kind == failure {
		return nil, RemoteError(f.body)
	}
	return f.body, nil
}

func (l *link) unreachable() error { return fmt.Errorf("%w: %w", ErrUnreachable, l.why) }

// expect numbers a question and makes room for its answer.
func (l *link) expect() (int64, <-chan frame) {
	got := make(chan frame, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	l.waiting[l.last] = got
	return l.last, got
}

func (l *link) unexpect(id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, id)
}

// answered hands an answer to whoever waits for it, if anybody still does.
func (l *link) answered(f frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if got := l.waiting[f.id]; got != nil {
		got <- f // has room for one
		delete(l.waiting, f.id)
	}
}

// asking answers a question in a goroutine of its own.
func (l *link) asking(f frame) {
	ctx := l.admit(f.id)
	if ctx == nil {
		l.post(refusal(f.id, errors.New("too many questions at once")))
		return
	}
	l.hub.work.Go(func() {
		defer l.dismiss(f.id)
		reply, err := l.hub.handler.Called(ctx, f.body)
		if err == nil && len(reply) > MaxMessage {
			err = fmt.Errorf("the answer is too long: %d bytes of %d", len(reply), MaxMessage)
		}
		out := frame{kind: answer, id: f.id, body: reply}
		if err != nil {
			out = refusal(f.id, err)
		}
		select {
		case l.out <- out:
		case <-ctx.Done(): // nobody waits for it
		}
	})
}

// admit returns the context in which a question is answered. It ends with the
// connection. nil if the question is not to be answered.
func (l *link) admit(id int64) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.ended:
		return nil
	default:
	}
	if len(l.asked) >= maxAsked || l.asked[id] != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(l.hub.ctx)
	l.asked[id] = cancel
	return ctx
}

// dismiss ends the context of a question.
func (l *link) dismiss(id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if cancel := l.asked[id]; cancel != nil {
		cancel()
		delete(l.asked, id)
	}
}

// refusal answers with an error, cut to what a frame takes.
func refusal(id int64, err error) frame {
	text := err.Error()
	return frame{kind: failure, id: id, body: []byte(text[:min(len(text), failure.limit())])}
}
