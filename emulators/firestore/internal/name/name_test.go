package name_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore/internal/name"
)

const root = "projects/p/databases/(default)/documents"

func TestDocument(t *testing.T) {
	full := root + "/users/u1/orders/o1"
	database, k, err := name.Document(full)
	require.NoError(t, err)
	require.Equal(t, "projects/p/databases/(default)", database)
	require.Equal(t, full, k.Full(database))
	require.Equal(t, "o1", k.ID())
	require.Equal(t, "orders", k.Group())
	require.Equal(t, "u1", k.Up().Up().ID())
	require.True(t, k.In(k.Up()))
	require.False(t, k.In(k.Up().Up().Up()))
	require.True(t, k.Under(k.Up().Up()))
	require.Equal(t, "users", k.Next(""))
}

func TestTheRootIsAParentButNoDocument(t *testing.T) {
	_, k, err := name.Parent(root)
	require.NoError(t, err)
	require.Empty(t, k)
	_, _, err = name.Document(root)
	require.Error(t, err)
}

func TestBadNamesAreRefused(t *testing.T) {
	for _, full := range []string{
		"", "nonsense", "projects/p/databases/d", "projects/p/databases/d/documentsx/a/b", "projects//databases/d/documents/a/b",
		"projects/../databases/d/documents/a/b", "projects/p/databases/../documents/a/b", "projects/p/x/databases/d/documents/a/b",
		root + "/", root + "/a", root + "/a/b/c", root + "/a//b/c", root + "/a/.", root + "/a/..", root + "/a/__x__",
		root + "/a/" + strings.Repeat("x", 1501), root + strings.Repeat("/a/"+strings.Repeat("x", 1000), 7), root + "/a/\xff",
	} {
		_, _, err := name.Document(full)
		require.Equal(t, codes.InvalidArgument, status.Code(err), full)
	}
}

func TestKeysSortAsPathsDo(t *testing.T) {
	id := rapid.SampledFrom([]string{"a", "ab", "b", "a b", "a\x01", "é", "10", "9"})
	path := rapid.SliceOfN(id, 1, 3)
	rapid.Check(t, func(t *rapid.T) {
		a, b := path.Draw(t, "a"), path.Draw(t, "b")
		require.Equal(t, slices.Compare(a, b), strings.Compare(string(key(a)), string(key(b))))
	})
}

func key(path []string) (k name.Key) {
	for _, id := range path {
		k = k.Child(id)
	}
	return k
}

func FuzzDocument(f *testing.F) {
	f.Add(root + "/users/u1")
	f.Fuzz(func(t *testing.T, full string) {
		database, k, err := name.Document(full)
		if err == nil {
			require.Equal(t, full, k.Full(database))
		}
	})
}
