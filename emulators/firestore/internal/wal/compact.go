package wal

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// perRecord is how many documents a snapshot's record holds.
const perRecord = 500

// Full tells whether the log has grown enough for a Compact to pay, given the
// size of what it would have to write.
func (l *Log) Full(live int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size > compactAt && l.size > 2*live
}

// Compact replaces the log by a snapshot. Freeze must call cut and return all
// documents, with no commit between the two. Only one Compact may run.
func (l *Log) Compact(freeze func(cut func()) [][]byte) error {
	var segment, kept int
	docs := freeze(func() { segment, kept = l.cut() })
	if err := l.writeSnapshot(segment, docs); err != nil {
		return err
	}
	files, err := list(l.dir)
	if err != nil {
		return err
	}
	for _, path := range files.before(segment) {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("compact log: %w", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size -= kept
	return nil
}

// cut makes all later commits go to a new segment.
func (l *Log) cut() (segment, size int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newest++
	return l.newest, l.size
}

// writeSnapshot makes docs the snapshot n, in one step.
func (l *Log) writeSnapshot(n int, docs [][]byte) error {
	path := filepath.Join(l.dir, snapshotName(n))
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := writeAll(f, docs); err != nil {
		_ = f.Close()
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return syncDir(l.dir)
}

func writeAll(f *os.File, docs [][]byte) error {
	w := bufio.NewWriterSize(f, 1<<20)
	for part := range slices.Chunk(docs, perRecord) {
		if _, err := w.Write(encode(part)); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}
