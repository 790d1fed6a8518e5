package wal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore/internal/wal"
)

// memory is what a log restores: names, in order.
type memory struct{ names []string }

func (m *memory) restore(docs [][]byte) error {
	for _, d := range docs {
		m.names = append(m.names, string(d))
	}
	return nil
}

func open(t *testing.T, dir string) (*wal.Log, []string) {
	t.Helper()
	var m memory
	l, err := wal.Open(dir, m.restore)
	require.NoError(t, err)
	return l, m.names
}

func add(t *testing.T, l *wal.Log, names ...string) {
	t.Helper()
	require.NoError(t, l.Append(docs(names...))())
}

func docs(names ...string) (list [][]byte) {
	for _, n := range names {
		list = append(list, []byte(n))
	}
	return list
}

func TestWhatIsAppendedIsReadBackInOrder(t *testing.T) {
	dir := t.TempDir()
	l, names := open(t, dir)
	require.Empty(t, names)
	add(t, l, "a", "b")
	add(t, l, "c")
	require.NoError(t, l.Close())
	l, names = open(t, dir)
	add(t, l, "d")
	require.NoError(t, l.Close())
	require.Equal(t, []string{"a", "b", "c"}, names)
	l, names = open(t, dir)
	require.NoError(t, l.Close())
	require.Equal(t, []string{"a", "b", "c", "d"}, names)
}

func TestATornTailIsDroppedWhereverItIsTorn(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "kept")
	path := filepath.Join(dir, "log-00000000")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	add(t, l, "torn")
	require.NoError(t, l.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	for cut := len(kept); cut < len(whole); cut++ {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		l, names := open(t, dir)
		require.Equal(t, []string{"kept"}, names, "cut at %d", cut)
		add(t, l, "new")
		require.NoError(t, l.Close())
		l, names = open(t, dir)
		require.NoError(t, l.Close())
		require.Equal(t, []string{"kept", "new"}, names, "cut at %d", cut)
	}
}

func TestADamagedRecordIsNotBelieved(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "kept")
	add(t, l, "damaged")
	require.NoError(t, l.Close())
	path := filepath.Join(dir, "log-00000000")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)-1] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o600))
	l, names := open(t, dir)
	require.NoError(t, l.Close())
	require.Equal(t, []string{"kept"}, names)
}

func TestDamageBeforeTheLastSegmentIsAnError(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "log-00000000"), []byte("damaged"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "log-00000001"), nil, 0o600))
	_, err := wal.Open(dir, (&memory{}).restore)
	require.ErrorContains(t, err, "replay segment 0")
}

func TestACompactionReplacesTheLog(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "a")
	add(t, l, "a")
	require.NoError(t, l.Compact(func(cut func()) [][]byte { cut(); return docs("a", "b") }))
	add(t, l, "c")
	require.NoError(t, l.Compact(func(cut func()) [][]byte { cut(); return docs("a", "b", "c") }))
	require.NoError(t, l.Close())
	l, names := open(t, dir)
	require.NoError(t, l.Close())
	require.Equal(t, []string{"a", "b", "c"}, names)
	files, err := filepath.Glob(filepath.Join(dir, "*-*"))
	require.NoError(t, err)
	require.Len(t, files, 2, "one snapshot and one segment")
}

func TestCommitsDuringACompactionAreKept(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	var writers sync.WaitGroup
	var mu sync.Mutex
	var have []string
	for w := range 4 {
		writers.Go(func() {
			for i := range 50 {
				name := fmt.Sprint(w, "-", i)
				mu.Lock()
				have = append(have, name)
				wait := l.Append(docs(name))
				mu.Unlock()
				require.NoError(t, wait())
			}
		})
	}
	for range 5 {
		require.NoError(t, l.Compact(func(cut func()) [][]byte {
			mu.Lock()
			defer mu.Unlock()
			cut()
			return docs(have...)
		}))
	}
	writers.Wait()
	require.NoError(t, l.Close())
	l, names := open(t, dir)
	require.NoError(t, l.Close())
	require.ElementsMatch(t, have, names)
}

func TestOnlyOneMayUseADirectory(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	_, err := wal.Open(dir, (&memory{}).restore)
	require.ErrorContains(t, err, "another process uses it")
	require.NoError(t, l.Close())
	l, _ = open(t, dir)
	require.NoError(t, l.Close())
}

func TestAClosedLogRefusesCommits(t *testing.T) {
	l, _ := open(t, t.TempDir())
	require.NoError(t, l.Close())
	require.ErrorIs(t, l.Append(docs("late"))(), os.ErrClosed)
}
