package deadletterdb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/shared/deadletter"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/docs"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) *deadletterdb.Store {
	t.Helper()
	srv, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { srv.Close() })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: srv.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return deadletterdb.New(db)
}

func letter(i int) deadletter.Letter {
	return deadletter.Letter{
		ID: fmt.Sprintf("e%03d:bulkpage.bulk.page.v1", i), Event: fmt.Sprint("e", i), Type: "bulk.page.v1", Function: "bulkpage",
		Class: "permanent", State: deadletter.Waiting, At: noon.Add(time.Duration(i/2) * time.Second), Message: fmt.Sprint("m", i),
		Data: []byte("{}"), Attributes: map[string]string{"ce-id": fmt.Sprint("e", i)},
	}
}

func TestALetterIsKnownByItsMessage(t *testing.T) {
	s := open(t)
	l := letter(1)
	require.NoError(t, s.Put(t.Context(), l))
	require.NoError(t, s.Replayed(t.Context(), noon, l))
	require.NoError(t, s.Put(t.Context(), l), "the same message again")
	got, err := s.Get(t.Context(), l.ID)
	require.NoError(t, err)
	require.Equal(t, deadletter.Replayed, got.State)

	l.Message = "another"
	require.NoError(t, s.Put(t.Context(), l), "it failed again")
	got, err = s.Get(t.Context(), l.ID)
	require.NoError(t, err)
	require.Equal(t, deadletter.Waiting, got.State)
	require.Equal(t, 1, got.Replays)

	require.NoError(t, s.Replayed(t.Context(), noon, letter(1)), "a replay that ends after the letter has failed again")
	got, err = s.Get(t.Context(), l.ID)
	require.NoError(t, err)
	require.Equal(t, deadletter.Waiting, got.State)
	require.Equal(t, 2, got.Replays)
}

func TestListsHaveNoCap(t *testing.T) {
	s := open(t)
	for i := range 25 {
		require.NoError(t, s.Put(t.Context(), letter(i)))
	}
	tests := map[string]struct {
		filter deadletter.Filter
		want   int
	}{
		"all":                 {deadletter.Filter{}, 25},
		"by everything":       {deadletter.Filter{State: deadletter.Waiting, Type: "bulk.page.v1", Function: "bulkpage", Class: "permanent"}, 25},
		"by a range of times": {deadletter.Filter{From: noon.Add(time.Second), To: noon.Add(3 * time.Second)}, 4},
		"by another class":    {deadletter.Filter{Class: "invalid"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			for cursor, more := "", true; more; more = cursor != "" {
				var found []deadletter.Letter
				var err error
				found, cursor, err = s.List(t.Context(), test.filter, cursor, 4)
				require.NoError(t, err)
				for _, l := range found {
					require.False(t, seen[l.ID], "each once")
					seen[l.ID] = true
				}
			}
			require.Len(t, seen, test.want)
		})
	}
	_, _, err := s.List(t.Context(), deadletter.Filter{}, "guess", 4)
	require.ErrorIs(t, err, deadletter.ErrBadCursor)
	_, err = s.Get(t.Context(), "none")
	require.ErrorIs(t, err, deadletter.ErrUnknown)
}
