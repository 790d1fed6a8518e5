package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/pubsub/journal"
)

func open(t require.TestingT, dir string) (*journal.Journal, []string) {
	var got []string
	j, err := journal.Open(dir, func(kind byte, body []byte) error {
		got = append(got, fmt.Sprintf("%c%s", kind, body))
		return nil
	})
	require.NoError(t, err)
	return j, got
}

func TestWhatWasFlushedIsReadBack(t *testing.T) {
	dir := t.TempDir()
	j, got := open(t, dir)
	require.Empty(t, got)
	j.Append('a', []byte("one"))
	j.Append('b', nil)
	require.NoError(t, j.Flush()) // and no Close: the process dies

	j, got = open(t, dir)
	require.Equal(t, []string{"aone", "b"}, got)
	j.Append('c', []byte("three"))
	require.NoError(t, j.Close())

	_, got = open(t, dir)
	require.Equal(t, []string{"aone", "b", "cthree"}, got)
}

func TestAnyCutLeavesTheRecordsBeforeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "journal")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		want := rapid.SliceOfN(rapid.StringN(0, 40, -1), 1, 8).Draw(t, "records")
		j, _ := open(t, dir)
		ends := []int64{0}
		for _, body := range want {
			j.Append('r', []byte(body))
			ends = append(ends, ends[len(ends)-1]+9+int64(len(body)))
		}
		require.NoError(t, j.Close())

		cut := rapid.Int64Range(0, ends[len(ends)-1]).Draw(t, "cut")
		require.NoError(t, os.Truncate(filepath.Join(dir, "journal"), cut))
		_, got := open(t, dir)
		whole := 0
		for whole < len(want) && ends[whole+1] <= cut {
			whole++
		}
		require.Len(t, got, whole)
		for i := range got {
			require.Equal(t, "r"+want[i], got[i])
		}
	})
}

func TestDamageInTheMiddleIsAnError(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	j.Append('a', []byte("first"))
	j.Append('a', []byte("second"))
	require.NoError(t, j.Close())
	path := filepath.Join(dir, "journal")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	raw[10] ^= 1
	require.NoError(t, os.WriteFile(path, raw, 0o600))

	_, err = journal.Open(dir, func(byte, []byte) error { return nil })
	require.ErrorIs(t, err, journal.ErrCorrupt)
}

func TestARewriteReplacesEverything(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	j.Append('a', []byte("old"))
	require.NoError(t, j.Rewrite(func(add func(byte, []byte)) { add('n', []byte("new")) }))
	j.Append('a', []byte("later"))
	require.NoError(t, j.Close())
	_, got := open(t, dir)
	require.Equal(t, []string{"nnew", "alater"}, got)
}
