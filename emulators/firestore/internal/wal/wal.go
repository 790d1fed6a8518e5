// Package wal owns the files that make a database durable: a snapshot, and a
// log of the commits after it.
//
// It promises that a commit whose wait has returned survives any end of the
// process, that what a crash cut off at the log's end is dropped as if it had
// never been asked for, and that commits that arrive together share one fsync.
package wal

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// compactAt is how large the log may grow before it pays to replace it by a
// snapshot, in bytes.
const compactAt = 32 << 20

// Log appends commits to files in a directory of its own.
type Log struct {
	dir     string
	lock    *os.File // keeps other processes out
	file    *os.File // owned by run
	segment int      // of file; owned by run
	wake    chan struct{}
	done    chan struct{}

	mu     sync.Mutex // guards what follows
	queue  []chunk
	next   *batch
	size   int // of the segments since the snapshot
	newest int // segment that new commits go to
	closed bool
	failed error // the log is dead from the first error on
}

// chunk is what is still to be written to one segment.
type chunk struct {
	segment int
	data    []byte
}

// batch is the commits that become durable together.
type batch struct {
	done chan struct{}
	err  error // set before done is closed
}

// Open reads back what dir keeps, oldest first, through restore, and returns a
// Log that continues it.
func Open(dir string, restore func([][]byte) error) (*Log, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	l, err := resume(dir, restore)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l.lock = lock
	go l.run()
	return l, nil
}

// resume returns a Log that goes on where the files end.
func resume(dir string, restore func([][]byte) error) (*Log, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	size, err := files.replay(restore)
	if err != nil {
		return nil, err
	}
	file, err := openSegment(dir, files.last())
	if err != nil {
		return nil, err
	}
	return &Log{
		dir:     dir,
		file:    file,
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		next:    newBatch(),
		size:    size,
		segment: files.last(),
		newest:  files.last(),
	}, nil
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// Append adds a commit of encoded documents. The function it returns waits until
// it is durable.
func (l *Log) Append(docs [][]byte) (wait func() error) {
	data := encode(docs)
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.failed
	if err == nil && l.closed {
		err = os.ErrClosed
	}
	if err != nil {
		return func() error { return err }
	}
	l.enqueue(data)
	b := l.next
	return func() error { <-b.done; return b.err }
}

// enqueue leaves data for run. The caller holds mu.
func (l *Log) enqueue(data []byte) {
	l.size += len(data)
	if n := len(l.queue); n > 0 && l.queue[n-1].segment == l.newest {
		l.queue[n-1].data = append(l.queue[n-1].data, data...)
	} else {
		l.queue = append(l.queue, chunk{l.newest, data})
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Close makes everything durable and returns when nothing runs any more.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	close(l.wake)
	<-l.done
	if err := errors.Join(l.file.Close(), l.lock.Close()); err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	return l.failed
}
