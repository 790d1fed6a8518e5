package logsdb_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore"
	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
)

// declare has the emulator refuse queries whose indexes logsdb does not declare.
func declare(t *testing.T, srv *firestore.Server) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"indexes": logsdb.Indexes()})
	require.NoError(t, err)
	require.NoError(t, srv.SetIndexes(text))
}

// lived returns n records, a second apart, that have not expired.
func lived(n int) []logs.Record {
	rs := records(n)
	for i := range rs {
		rs[i].Expires = time.Now().Add(time.Hour)
		rs[i].Time = rs[i].Time.Add(time.Duration(i) * time.Second).Truncate(time.Microsecond)
	}
	return rs
}

func ids(p logsdb.Page) []string {
	var all []string
	for _, r := range p.Records {
		all = append(all, r.ID)
	}
	return all
}

func TestRecordsAreFoundByEveryField(t *testing.T) {
	srv, db := open(t)
	declare(t, srv)
	rs := lived(3)
	rs[1] = logs.Record{
		ID: "x", Time: rs[1].Time, Level: "ERROR", Kind: logs.KindLifecycle, State: logs.StateStarted, Service: "assign", Operation: "offer",
		Entities: []string{"order:7", "courier:2"}, Request: "q", Trace: "t", Lifecycle: "l", Caller: "courier:2", Job: "j", Status: 503,
		Slow: true, Error: &logs.Failure{Class: "unavailable"}, Expires: rs[1].Expires,
	}
	s := storeOn(db)
	require.NoError(t, s.Append(t.Context(), rs))
	tests := map[string]logsdb.Filter{
		"entity":     {Entity: "order:7"},
		"service":    {Service: "assign"},
		"operation":  {Operation: "offer"},
		"level":      {Level: "ERROR"},
		"kind":       {Kind: logs.KindLifecycle},
		"state":      {State: logs.StateStarted},
		"request":    {Request: "q"},
		"trace":      {Trace: "t"},
		"lifecycle":  {Lifecycle: "l"},
		"caller":     {Caller: "courier:2"},
		"job":        {Job: "j"},
		"class":      {Class: "unavailable"},
		"status":     {Status: 503},
		"slowness":   {Slow: true},
		"several":    {Entity: "courier:2", Level: "ERROR", Service: "assign", Status: 503, Slow: true, From: rs[1].Time, To: rs[2].Time},
		"time alone": {From: rs[1].Time, To: rs[2].Time},
	}
	for name, filter := range tests {
		t.Run("by "+name, func(t *testing.T) {
			for _, oldest := range []bool{false, true} {
				p, err := s.Find(t.Context(), logsdb.Search{Filter: filter, Oldest: oldest, Limit: 10})
				require.NoError(t, err)
				require.Equal(t, []string{"x"}, ids(p))
			}
		})
	}
}

// Whatever the size of a page: forwards are all records in order, and backwards
// from the last page the same.
func TestPagesGoBothWays(t *testing.T) {
	srv, db := open(t)
	declare(t, srv)
	s := storeOn(db)
	rs := lived(17)
	for i := range rs {
		rs[i].Time = rs[i-i%3].Time // some at the same time
	}
	require.NoError(t, s.Append(t.Context(), rs))
	var all []string
	for _, r := range rs {
		all = append(all, r.ID)
	}
	rapid.Check(t, func(r *rapid.T) {
		by := logsdb.Search{Oldest: rapid.Bool().Draw(r, "oldest"), Limit: rapid.IntRange(1, 20).Draw(r, "limit")}
		var there, back []string
		last := logsdb.Page{}
		for more := true; more; more = by.Cursor != "" {
			p, err := s.Find(t.Context(), by)
			require.NoError(r, err)
			there = append(there, ids(p)...)
			if len(p.Records) > 0 {
				last = p
			}
			by.Cursor = p.Next
		}
		back = ids(last)
		for by.Cursor = last.Previous; by.Cursor != ""; {
			p, err := s.Find(t.Context(), by)
			require.NoError(r, err)
			back = append(ids(p), back...)
			by.Cursor = p.Previous
		}
		want := slices.Clone(all)
		if !by.Oldest {
			slices.Reverse(want)
		}
		require.Equal(r, want, there)
		require.Equal(r, want, back)
	})
}

func TestExpiredRecordsAreNotFound(t *testing.T) {
	_, db := open(t)
	s := storeOn(db)
	require.NoError(t, s.Append(t.Context(), records(2)))
	p, err := s.Find(t.Context(), logsdb.Search{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, p.Records, "Firestore may take a day to delete them")
}

func TestCursorsThatNoPageGaveAreRefused(t *testing.T) {
	_, db := open(t)
	for _, c := range []string{"x", "!", "bjE", "bnggeA", "bjEgYS9i", "cDEg"} {
		_, err := storeOn(db).Find(t.Context(), logsdb.Search{Cursor: c, Limit: 1})
		require.ErrorIs(t, err, logsdb.ErrBadCursor, c)
	}
}
