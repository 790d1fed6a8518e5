package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/stack"
	"lastmile/shared/bulk"
	"lastmile/shared/bus"
	"lastmile/shared/catalog"
	"lastmile/shared/deadletter"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
)

// shop is a stack with a shop of items, and what tests ask of it.
type shop struct {
	*stack.Stack
	db   *docs.DB
	bus  *bus.Bus
	jobs *jobdb.Store
}

func openShop(t *testing.T, items int) *shop {
	t.Helper()
	s := open(t, stackOptions())
	s.stock(t, items)
	return s
}

func open(t testing.TB, o stack.Options) *shop {
	t.Helper()
	s, err := stack.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	b, err := bus.Open(t.Context(), bus.Options{Project: s.Config.Project, EmulatorHost: s.Config.PubSubEmulator})
	require.NoError(t, err)
	t.Cleanup(func() { b.Close() })
	db, err := docs.Open(t.Context(), docs.Options{Project: s.Config.Project, EmulatorHost: s.Config.FirestoreEmulator, Publisher: b})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return &shop{Stack: s, db: db, bus: b, jobs: jobdb.New(db)}
}

func (s *shop) items() docs.Collection[catalog.Item] {
	return docs.In[catalog.Item](s.db, "shops", "bakery", "items")
}

// stock puts n items into the shop: item-0 costs 1000, item-1 1001 and so on.
func (s *shop) stock(t *testing.T, n int) {
	t.Helper()
	var writes []docs.Write
	for i := range n {
		id := fmt.Sprint("item-", i)
		category := "bread"
		if i%2 == 1 {
			category = "cake"
		}
		writes = append(writes, s.items().Set(catalog.DocID(id), catalog.Item{
			ID: id, Name: id, Category: category, Price: catalog.Money{Amount: 1000 + int64(i), Currency: "EUR"},
			Stock: 5, StockKnown: true, Available: true,
		}))
	}
	require.NoError(t, s.db.Commit(t.Context(), writes...))
}

func (s *shop) item(t *testing.T, i int) catalog.Item {
	t.Helper()
	item, err := s.items().Get(t.Context(), catalog.DocID(fmt.Sprint("item-", i)))
	require.NoError(t, err)
	return item
}

func (s *shop) submit(t *testing.T, kind job.Kind, params map[string]string, input job.Input, items ...string) job.Job {
	t.Helper()
	j := job.New(job.ID(event.NewID()), kind, "bakery", "ann", time.Now().UTC())
	j.Params, j.Input = params, input
	j, created, err := s.jobs.Submit(t.Context(), j, items)
	require.NoError(t, err)
	require.True(t, created)
	return j
}

// closed waits for a job to close.
func (s *shop) closed(t testing.TB, id job.ID) job.Job {
	t.Helper()
	var j job.Job
	s.until(t, fmt.Sprintf("job %s is closed", id), func() bool {
		var err error
		j, err = s.jobs.Get(t.Context(), id)
		if errors.Is(err, docs.ErrUnavailable) {
			return false // a fault that was meant for others
		}
		require.NoError(t, err)
		return j.State.Closed()
	})
	return j
}

func (s *shop) file(t *testing.T, name, content string) {
	t.Helper()
	dir := strings.TrimPrefix(s.Config.PrivateFiles, "file://")
	dir, _, _ = strings.Cut(dir, "?")
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
}

func TestABulkOperation(t *testing.T) {
	s := openShop(t, 600)
	t.Run("changes a list, and reports what is not there", func(t *testing.T) {
		j := s.submit(t, "items.price", bulk.Params{"set": "700"}, job.Input{}, "item-0", "item-1", "ghost")
		j = s.closed(t, j.ID)
		require.Equal(t, job.Done, j.State)
		require.Equal(t, job.Counts{Read: 3, Changed: 2, Failed: 1}, j.Tally.Counts)
		require.EqualValues(t, 700, s.item(t, 1).Price.Amount)
		pages, err := s.jobs.Pages(t.Context(), j.ID, "", -1, 10)
		require.NoError(t, err)
		require.Equal(t, []job.Fault{{Item: "ghost", Reason: "item does not exist"}}, pages[0].Faults)
	})
	t.Run("changes nothing the second time", func(t *testing.T) {
		j := s.closed(t, s.submit(t, "items.price", bulk.Params{"set": "700"}, job.Input{}, "item-0", "item-1").ID)
		require.Equal(t, job.Counts{Read: 2, Unchanged: 2}, j.Tally.Counts)
	})
	t.Run("changes what a filter selects, over many pages", func(t *testing.T) {
		j := s.closed(t, s.submit(t, "items.stock", bulk.Params{"delta": "-2"}, job.Input{Filter: &bulk.Filter{}}).ID)
		require.Equal(t, job.Done, j.State, j.Cause)
		require.Equal(t, 600, j.Tally.Changed)
		require.Equal(t, 3, j.Plan.Pages)
		require.EqualValues(t, 3, s.item(t, 599).Stock)
	})
	t.Run("changes a category within a range of prices", func(t *testing.T) {
		yes := true
		filter := &bulk.Filter{Category: "cake", Available: &yes, MinPrice: 1500, MaxPrice: 1509}
		j := s.closed(t, s.submit(t, "items.availability", bulk.Params{"available": "false"}, job.Input{Filter: filter}).ID)
		require.Equal(t, job.Done, j.State, j.Cause)
		require.Equal(t, 5, j.Tally.Changed)
		require.False(t, s.item(t, 501).Available)
		require.True(t, s.item(t, 500).Available)
	})
	t.Run("that selects nothing is done", func(t *testing.T) {
		j := s.closed(t, s.submit(t, "items.stock", bulk.Params{"set": "1"}, job.Input{Filter: &bulk.Filter{Category: "none"}}).ID)
		require.Equal(t, job.Done, j.State)
		require.Zero(t, j.Tally.Pages)
	})
	t.Run("reads NDJSON of many ranges, whose rows say what to set", func(t *testing.T) {
		var lines strings.Builder
		for i := range 600 {
			fmt.Fprintf(&lines, `{"id":"item-%d","set":%d,"currency":"EUR"}`+"\n", i, 5000+i)
		}
		lines.WriteString("{broken\n" + `{"id":"item-1","set":"free"}` + "\n")
		s.file(t, "prices.ndjson", lines.String())
		j := s.closed(t, s.submit(t, "items.price", nil, job.Input{File: "prices.ndjson"}).ID)
		require.Equal(t, job.Done, j.State, j.Cause)
		require.Greater(t, j.Plan.Pages, 1)
		require.Equal(t, job.Counts{Read: 602, Changed: 600, Failed: 2}, j.Tally.Counts)
		require.EqualValues(t, 5599, s.item(t, 599).Price.Amount)
	})
	t.Run("reads CSV with a header", func(t *testing.T) {
		s.file(t, "stock.csv", "id,set\nitem-1,40\nitem-2,\n")
		j := s.closed(t, s.submit(t, "items.stock", bulk.Params{"set": "7"}, job.Input{File: "stock.csv"}).ID)
		require.Equal(t, job.Done, j.State, j.Cause)
		require.EqualValues(t, 40, s.item(t, 1).Stock)
		require.EqualValues(t, 7, s.item(t, 2).Stock)
	})
	t.Run("fails at once over a file that is not there, and says so", func(t *testing.T) {
		j := s.closed(t, s.submit(t, "items.stock", bulk.Params{"set": "7"}, job.Input{File: "none.csv"}).ID)
		require.Equal(t, job.Failed, j.State)
		require.Contains(t, j.Cause, "none.csv")
	})
}

func TestOutagesLoseNothingAndDoubleNothing(t *testing.T) {
	s := openShop(t, 2000)
	var items []string
	for i := range 2000 {
		items = append(items, fmt.Sprint("item-", i))
	}
	for _, rule := range []fault.Rule{
		{Method: "Commit", Skip: 2, Times: 6, Code: codes.Unavailable},
		{Method: "Commit", Skip: 4, Times: 6, Code: codes.Unavailable, After: true},
		{Method: "BatchGetDocuments", Skip: 2, Times: 6, Code: codes.Unavailable},
	} {
		s.Firestore.Faults.Add(rule)
	}
	j := s.submit(t, "items.stock", bulk.Params{"delta": "1"}, job.Input{}, items...)
	s.idle(t) // asking meanwhile would meet the faults
	s.Firestore.Faults.Reset()
	j = s.closed(t, j.ID)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, 2000, j.Tally.Changed)
	for i := range 2000 {
		require.EqualValues(t, 6, s.item(t, i).Stock, "item %d", i)
	}
}

func TestADeadLetterIsArchivedAndReplayed(t *testing.T) {
	s := openShop(t, 1)
	letters := deadletterdb.New(s.db)
	lost := &event.BulkPage{Header: event.Header{ID: "lost"}, Job: "later", Shop: "bakery", Items: []string{"item-0"}}
	require.NoError(t, s.bus.Publish(t.Context(), lost))
	var found []deadletter.Letter
	s.until(t, "the letter is archived", func() bool {
		var err error
		found, _, err = letters.List(t.Context(), deadletter.Filter{State: deadletter.Waiting, Function: "bulkpage", Type: "bulk.page.v1", Class: "permanent"}, "", 10)
		require.NoError(t, err)
		return len(found) == 1
	})
	require.Equal(t, "lost", found[0].Event)
	require.Contains(t, found[0].Cause, "unknown job")
	require.NoError(t, s.bus.Send(t.Context(), bus.Message{Topic: found[0].Type, Data: found[0].Data, Attributes: found[0].Attributes}))
	require.NoError(t, letters.Replayed(t.Context(), time.Now(), found[0]))
	s.until(t, "the letter waits again", func() bool {
		l, err := letters.Get(t.Context(), found[0].ID)
		require.NoError(t, err)
		return l.State == deadletter.Waiting && l.Replays == 1
	})
}
