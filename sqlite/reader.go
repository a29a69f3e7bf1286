package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed139febb4/durable/journal"
)

// A reader is a connection that cannot write.
type reader struct{ *conn }

// manyReaders is how many reads go on at once; further ones wait.
const manyReaders = 4

// A pool lends readers. One that is there is lent before another is opened: that
// takes longer than most reads.
type pool struct {
	path string
	settings
	idle chan *reader
	room chan struct{} // holds one for each that may still be opened
}

func newPool(path string, s settings) *pool {
	p := &pool{path: path, settings: s, idle: make(chan *reader, manyReaders), room: make(chan struct{}, manyReaders)}
	for range manyReaders {
		p.room <- struct{}{}
	}
	return p
}

// lend calls f with a reader. Everything f takes out must be complete when it
// returns: a read that stays open keeps the log from being recycled.
func (p *pool) lend(ctx context.Context, f func(*reader) error) error {
	r, err := p.take(ctx)
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if kept {
			p.idle <- r
		} else { // also after a panic: what it was doing is not known
			_ = r.close()
			p.room <- struct{}{}
		}
	}()
	err = f(r)
	kept = !misread(err)
	return err
}

// misread reports whether a connection may have pages in its memory that are not
// those on the disk.
func misread(err error) bool {
	err = explain(err)
	return errors.Is(err, journal.ErrDamaged) || errors.Is(err, journal.ErrBroken)
}

func (p *pool) take(ctx context.Context) (*reader, error) {
	select {
	case r, open := <-p.idle:
		return r, closedUnless(open)
	default:
	}
	select {
	case r, open := <-p.idle:
		return r, closedUnless(open)
	case <-p.room:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	c, err := dial(ctx, p.path, p.settings, true)
	if err != nil {
		p.room <- struct{}{}
		return nil, err
	}
	return &reader{c}, nil
}

func closedUnless(open bool) error {
	if open {
		return nil
	}
	return errClosed
}

// close waits for the reads under way.
func (p *pool) close() (all error) {
	for range manyReaders {
		select {
		case r := <-p.idle:
			all = errors.Join(all, r.close())
		case <-p.room:
		}
	}
	close(p.idle)
	return all
}

// snapshot calls f within one read transaction.
func (r *reader) snapshot(f func() error) (err error) {
	if err := r.exec("BEGIN"); err != nil {
		return err
	}
	defer func() {
		e := r.exec("ROLLBACK") // there is nothing to keep
		err = errors.Join(err, e)
	}()
	return f()
}

// read lends a reader for what doing says.
func (db *DB) read(ctx context.Context, doing string, f func(*reader) error) error {
	err := db.reads.lend(ctx, f)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, explain(err))
	}
	return nil
}
