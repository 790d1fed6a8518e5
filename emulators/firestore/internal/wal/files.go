package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func segmentName(n int) string { return fmt.Sprintf("log-%08d", n) }

func snapshotName(n int) string { return fmt.Sprintf("snapshot-%08d", n) }

// files is what a directory holds: the snapshot n is everything before
// segment n.
type files struct {
	dir       string
	snapshots []int
	segments  []int
}

func list(dir string) (files, error) {
	f := files{dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return f, fmt.Errorf("list log: %w", err)
	}
	for _, e := range entries {
		var n int
		if _, err := fmt.Sscanf(e.Name(), "log-%d", &n); err == nil && e.Name() == segmentName(n) {
			f.segments = append(f.segments, n)
		}
		if _, err := fmt.Sscanf(e.Name(), "snapshot-%d", &n); err == nil && e.Name() == snapshotName(n) {
			f.snapshots = append(f.snapshots, n)
		}
	}
	slices.Sort(f.snapshots)
	slices.Sort(f.segments)
	return f, nil
}

// base is the newest snapshot, 0 if there is none.
func (f files) base() int {
	if len(f.snapshots) == 0 {
		return 0
	}
	return f.snapshots[len(f.snapshots)-1]
}

// last is the segment to continue.
func (f files) last() int {
	if len(f.segments) == 0 {
		return f.base()
	}
	return max(f.base(), f.segments[len(f.segments)-1])
}

// replay restores the newest snapshot and the segments since, and cuts what
// is torn off the last one. It returns the segments' size.
func (f files) replay(restore func([][]byte) error) (size int, err error) {
	if n := f.base(); n > 0 {
		if _, err := replayFile(filepath.Join(f.dir, snapshotName(n)), restore); err != nil {
			return 0, fmt.Errorf("restore snapshot %d: %w", n, err)
		}
	}
	for _, n := range f.segments {
		if n < f.base() {
			continue
		}
		path := filepath.Join(f.dir, segmentName(n))
		intact, err := replayFile(path, restore)
		if errors.Is(err, errTorn) && n == f.last() {
			err = os.Truncate(path, int64(intact))
		}
		if err != nil {
			return 0, fmt.Errorf("replay segment %d: %w", n, err)
		}
		size += intact
	}
	return size, nil
}

// before lists the files that the snapshot n makes superfluous.
func (f files) before(n int) (paths []string) {
	for _, s := range f.snapshots {
		if s < n {
			paths = append(paths, filepath.Join(f.dir, snapshotName(s)))
		}
	}
	for _, s := range f.segments {
		if s < n {
			paths = append(paths, filepath.Join(f.dir, segmentName(s)))
		}
	}
	return paths
}
