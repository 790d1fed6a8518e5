package wal

import (
	"fmt"
	"os"
	"path/filepath"
)

// run writes what is queued until the log is closed.
func (l *Log) run() {
	defer close(l.done)
	for range l.wake {
		l.flush()
	}
	l.flush()
}

// flush makes everything queued durable.
func (l *Log) flush() {
	l.mu.Lock()
	queue, b, err := l.queue, l.next, l.failed
	l.queue, l.next = nil, newBatch()
	l.mu.Unlock()
	if err == nil {
		err = l.write(queue)
	}
	if err != nil {
		l.mu.Lock()
		l.failed = err
		l.mu.Unlock()
	}
	b.err = err
	close(b.done)
}

func (l *Log) write(queue []chunk) error {
	for _, c := range queue {
		if c.segment != l.segment {
			if err := l.turn(c.segment); err != nil {
				return err
			}
		}
		if _, err := l.file.Write(c.data); err != nil {
			return fmt.Errorf("write log: %w", err)
		}
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	return nil
}

// turn finishes a segment and starts another.
func (l *Log) turn(segment int) error {
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	f, err := openSegment(l.dir, segment)
	if err != nil {
		return err
	}
	l.file, l.segment = f, segment
	return nil
}

func openSegment(dir string, n int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, segmentName(n)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, syncDir(dir)
}

// syncDir makes new names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
