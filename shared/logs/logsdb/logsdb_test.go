package logsdb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
)

// open starts a Firestore and connects to it.
func open(t *testing.T) (*firestore.Server, *docs.DB) {
	t.Helper()
	srv, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	db, err := docs.Open(context.Background(), docs.Options{Project: "acme", EmulatorHost: srv.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, db.Close())
		require.NoError(t, srv.Close())
	})
	return srv, db
}

func storeOn(db *docs.DB) *logsdb.Store {
	return logsdb.New(func() (*docs.DB, error) { return db, nil })
}

func records(n int) []logs.Record {
	rs := make([]logs.Record, n)
	for i := range rs {
		at := time.Date(2026, 1, 2, 3, 4, 5, i*1000, time.UTC)
		rs[i] = logs.Record{ID: fmt.Sprintf("r%04d", i), Time: at, Level: "INFO", Kind: logs.KindLog, Service: "api", Message: "x", Expires: at.Add(time.Hour)}
	}
	return rs
}

func count(t *testing.T, db *docs.DB) int {
	t.Helper()
	n, err := docs.In[logs.Record](db, "logs").Query().Count(t.Context())
	require.NoError(t, err)
	return n
}

func TestEverythingAboutAnOrderIsOneQuery(t *testing.T) {
	_, db := open(t)
	l := logs.New(logs.Options{Service: "assign", Out: io.Discard, Store: storeOn(db)})
	order := logs.Entity{Type: "order", ID: "7"}
	ctx := logs.With(t.Context(), logs.Fields{Request: "r-1", Entity: order})
	l.Logger().InfoContext(ctx, "placed", "items", 3, slog.Group("price", "minor", int64(1250)))
	l.Logger().InfoContext(t.Context(), "something else")
	err := errors.New("no courier")
	ctx, op := logs.Begin(ctx, l, "offer", logs.Fields{Entity: logs.Entity{Type: "courier", ID: "2"}})
	logs.Trip(ctx, "redis.EVALSHA", time.Millisecond)
	op.Step("ranked")
	op.End(&err)
	require.NoError(t, l.Close(t.Context()))

	found, err := docs.In[logs.Record](db, "logs").Where("entities", "array-contains", "order:7").OrderBy("time", docs.Asc).Limit(10).All(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 3)
	require.Equal(t, "placed", found[0].Data.Message)
	require.Equal(t, map[string]any{"items": int64(3), "price": map[string]any{"minor": int64(1250)}}, found[0].Data.Attrs)
	require.Equal(t, "r-1", found[0].Data.Request)
	require.Equal(t, logs.StateError, found[1].Data.State)
	require.Equal(t, "no courier", found[1].Data.Error.Message)
	require.Equal(t, 1, found[1].Data.TripsBy[0].Count)
	require.Equal(t, []string{"courier:2", "order:7"}, found[2].Data.Entities)
	require.Equal(t, found[1].ID, found[2].Data.Lifecycle)
}

func TestStoringAgainReplaces(t *testing.T) {
	_, db := open(t)
	rs := records(1)
	require.NoError(t, storeOn(db).Append(t.Context(), rs))
	rs[0].Message = "y"
	require.NoError(t, storeOn(db).Append(t.Context(), rs))
	require.Equal(t, 1, count(t, db))
	r, err := docs.In[logs.Record](db, "logs").Get(t.Context(), rs[0].ID)
	require.NoError(t, err)
	require.Equal(t, rs[0], r)
}

func TestManyRecordsAreDivided(t *testing.T) {
	_, db := open(t)
	ctx := logs.CountTrips(t.Context())
	require.NoError(t, storeOn(db).Append(ctx, records(1000)))
	trips, _ := logs.Trips(ctx).Total()
	require.Equal(t, 3, trips)
	require.Equal(t, 1000, count(t, db))
}

func TestRecordsTooLargeForOneCommitAreDividedFurther(t *testing.T) {
	_, db := open(t)
	rs := records(12)
	for i := range rs {
		rs[i].Attrs = map[string]any{"long": strings.Repeat("x", 900<<10)}
	}
	require.NoError(t, storeOn(db).Append(t.Context(), rs))
	require.Equal(t, 12, count(t, db))
}

func TestOddRecordsAreStoredToo(t *testing.T) {
	_, db := open(t)
	var deep any = "end"
	for range 40 {
		deep = map[string]any{"in": deep}
	}
	l := logs.New(logs.Options{Service: "odd\xff", Out: io.Discard, Store: storeOn(db)})
	ctx := logs.With(t.Context(), logs.Fields{Request: strings.Repeat("r", 5000), Caller: "\xff", Entity: logs.Entity{Type: "x", ID: "\xff"}})
	l.Logger().InfoContext(ctx, "odd\xff", "", 1, "__name__", 2, "a.b/c", 3, "grid", [][]int{{1}, {2}}, "deep", deep, "error", errors.New("\xff"))
	require.NoError(t, l.Close(t.Context()))
	require.Zero(t, l.Dropped())

	found, err := docs.In[logs.Record](db, "logs").Query().Limit(2).All(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "odd\ufffd", found[0].Data.Message)
	require.Equal(t, []any{"[1]", "[2]"}, found[0].Data.Attrs["grid"])
	require.Equal(t, []string{"_", "_name", "a.b/c", "deep", "grid"}, slices.Sorted(maps.Keys(found[0].Data.Attrs)))
}

func TestRepeatAfterALostAnswerStoresNothingTwice(t *testing.T) {
	srv, db := open(t)
	srv.Faults.Add(fault.Rule{Method: "Commit", Times: 1, Code: codes.Internal, After: true})
	s := storeOn(db)
	require.ErrorIs(t, s.Append(t.Context(), records(5)), docs.ErrUnavailable)
	require.NoError(t, s.Append(t.Context(), records(5)))
	require.Equal(t, 5, count(t, db))
}

func TestDatabaseThatCannotBeOpenedIsAnError(t *testing.T) {
	closed := errors.New("no project")
	s := logsdb.New(func() (*docs.DB, error) { return nil, closed })
	require.ErrorIs(t, s.Append(t.Context(), records(1)), closed)
}

func TestFieldsThatAreSearchedHaveAnIndex(t *testing.T) {
	plain := map[string]bool{}
	for _, p := range logsdb.Plains() {
		plain[p.Field] = true
	}
	for _, i := range logsdb.Indexes() {
		require.Equal(t, "time", strings.TrimPrefix(i.Fields[1], "-"))
		require.False(t, plain[i.Fields[0]], i.Fields[0])
	}
}
