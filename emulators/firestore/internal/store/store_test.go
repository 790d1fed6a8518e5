package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

func set(path string, v *pb.Value) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: root + "/" + path, Fields: map[string]*pb.Value{"v": v}}}}
}

func remove(path string) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Delete{Delete: root + "/" + path}}
}

func keyOf(t *testing.T, path string) name.Key {
	_, k, err := name.Document(root + "/" + path)
	require.NoError(t, err)
	return k
}

func TestTheHistoryForgetsByTime(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := store.New(database, func() time.Time { return now })
	first := put(t, s, set("c/1", valuetest.Int(1)))
	put(t, s, remove("c/1"))
	docs, _, err := s.Get([]name.Key{keyOf(t, "c/1")}, first.At)
	require.NoError(t, err)
	require.NotNil(t, docs[0])

	now = now.Add(2 * time.Hour)
	s.Trim()
	require.Zero(t, s.Versions())
	require.Zero(t, s.Records(), "a deleted document is forgotten with its past")
	_, _, err = s.Get([]name.Key{keyOf(t, "c/1")}, first.At)
	require.ErrorContains(t, err, "too old")
}

func TestTheHistoryForgetsBySize(t *testing.T) {
	s := store.New(database, time.Now)
	var last *store.Receipt
	for i := range 300 {
		last = put(t, s, set("c/1", valuetest.Text(fmt.Sprint(i, strings.Repeat("x", 1<<19)))))
	}
	require.Less(t, s.Versions(), 150)
	docs, _, err := s.Get([]name.Key{keyOf(t, "c/1")}, last.At)
	require.NoError(t, err)
	require.NotNil(t, docs[0])
}

func TestOnlyTheDocumentsUsedLastStayDecodedAndAllReadTheSame(t *testing.T) {
	const many = 5000
	s := store.New(database, time.Now)
	keys := make([]name.Key, many)
	for i := range keys {
		path := fmt.Sprint("c/", i)
		keys[i] = keyOf(t, path)
		put(t, s, set(path, valuetest.Int(int64(i))))
	}
	put(t, s, set("c/large", valuetest.Text(strings.Repeat("x", 1<<19))))
	for range 2 {
		docs, _, err := s.Get(append(keys, keyOf(t, "c/large")), store.Latest)
		require.NoError(t, err)
		for i, doc := range docs[:many] {
			require.EqualValues(t, i, doc.Fields["v"].GetIntegerValue())
		}
		require.Len(t, docs[many].Fields["v"].GetStringValue(), 1<<19)
		require.LessOrEqual(t, s.Warm(), 4096)
	}
}

func TestCommitTimesGrowThoughTheClockStandsStill(t *testing.T) {
	s := store.New(database, func() time.Time { return time.Unix(1_700_000_000, 0) })
	first, second := put(t, s, set("c/1", valuetest.Int(1))), put(t, s, set("c/1", valuetest.Int(2)))
	require.Greater(t, second.At, first.At)
	require.GreaterOrEqual(t, s.Now(), second.At)
}

func TestNothingCommitsAtATimeThatWasRead(t *testing.T) {
	s := store.New(database, time.Now)
	for range 1000 {
		_, read, err := s.Get([]name.Key{keyOf(t, "c/1")}, store.Latest)
		require.NoError(t, err)
		require.Greater(t, put(t, s, set("c/1", valuetest.Int(int64(read)))).At, read)
	}
}

func TestChanges(t *testing.T) {
	s := store.New(database, time.Now)
	w := s.Watch()
	defer w.Close()
	put(t, s, set("c/before", valuetest.Int(1)))
	since := s.Now()
	put(t, s, set("c/twice", valuetest.Int(1)))
	put(t, s, set("c/twice", valuetest.Int(2)), remove("c/before"))
	require.Len(t, w.C, 1, "signals do not queue up")
	changes, read, ok := s.Changes(since)
	require.True(t, ok)
	require.Len(t, changes, 2)
	require.EqualValues(t, 2, changes[0].Doc.Fields["v"].GetIntegerValue())
	require.Nil(t, changes[1].Doc)
	changes, _, _ = s.Changes(read)
	require.Empty(t, changes)
	_, _, ok = s.Changes(1)
	require.False(t, ok, "before the store existed")
}

func TestIndexesThatAreNoLongerUsedMakeRoom(t *testing.T) {
	s := store.New(database, time.Now)
	s.IndexAlways()
	for i := range 200 {
		put(t, s, set(fmt.Sprint("c/", i), valuetest.Int(int64(i))))
	}
	for i := range 300 {
		q, err := query.New(root, &pb.StructuredQuery{
			From:    []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}},
			Where:   leaf(fmt.Sprint("f", i), pb.StructuredQuery_FieldFilter_NOT_EQUAL, valuetest.Int(1)),
			OrderBy: []*pb.StructuredQuery_Order{{Field: reference("v")}},
		})
		require.NoError(t, err)
		_, err = s.Query(q, store.Latest)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, s.Indexes("c"), 48)
}

func TestARestoredStoreStartsANewHistory(t *testing.T) {
	s := store.New(database, time.Now)
	put(t, s, set("c/1", valuetest.Int(1)), set("c/2", valuetest.Int(2)))
	put(t, s, remove("c/2"))
	frozen := s.Freeze(func() {})
	restored := store.New(database, time.Now)
	require.NoError(t, restored.Restore(frozen))
	require.Equal(t, 1, restored.Stats().Documents)
	require.Equal(t, s.Stats().Bytes, restored.Stats().Bytes)
	require.Zero(t, restored.Versions())
}
