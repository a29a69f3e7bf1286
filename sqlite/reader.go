package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// A reader is a connection that cannot write.
type reader struct{ *conn }

// manyReaders is how many reads go on at once; further ones wait.
const manyReaders = 4

// A pool lends readers. A place whose connection was not opened yet holds nil.
type pool struct {
	path string
	settings
	idle chan *reader
}

func newPool(path string, s settings) *pool {
	p := &pool{path: path, settings: s, idle: make(chan *reader, manyReaders)}
	for range manyReaders {
		p.idle <- nil
	}
	return p
}

// lend calls f with a reader. Everything f takes out must be complete when it
// returns: a read that stays open keeps the log from being recycled.
func (p *pool) lend(ctx context.Context, f func(*reader) error) error {
	var r *reader
	open := true
	select {
	case r, open = <-p.idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if !open {
		return errClosed
	}
	if r == nil {
		c, err := dial(ctx, p.path, p.settings, true)
		if err != nil {
			p.idle <- nil
			return err
		}
		r = &reader{c}
	}
	defer func() { p.idle <- r }()
	return f(r)
}

// close waits for the reads under way.
func (p *pool) close() (all error) {
	for range manyReaders {
		if r := <-p.idle; r != nil {
			all = errors.Join(all, r.close())
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
