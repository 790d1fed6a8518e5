package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/logs"
)

type shelf struct {
	Name  string         `firestore:"name"`
	Stock int            `firestore:"stock"`
	Note  string         `firestore:"note,omitempty"`
	Tags  map[string]int `firestore:"tags,omitempty"`
}

// sink is a bus that can be down.
type sink struct {
	mu     sync.Mutex
	down   error
	poison string // the id of an event that can never be sent
	sent   []bus.Message
}

func (s *sink) Send(_ context.Context, messages ...bus.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return s.down
	}
	for _, m := range messages {
		if m.ID() == s.poison {
			return errors.New("no such topic")
		}
	}
	s.sent = append(s.sent, messages...)
	return nil
}

func (s *sink) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

func open(t *testing.T) (*docs.DB, *firestore.Server, *sink) {
	t.Helper()
	server, err := firestore.Start(firestore.Options{Indexes: []byte(`{"indexes":[],"fieldOverrides":[]}`)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	events := &sink{}
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr(), Publisher: events, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, server, events
}

func TestCommit(t *testing.T) {
	db, _, _ := open(t)
	shelves := docs.In[shelf](db, "shops", "a", "shelves")
	ctx := t.Context()
	rye := shelf{Name: "rye", Stock: 3, Note: "fresh"}

	tests := map[string]struct {
		writes func(l *docs.Lookup[shelf]) []docs.Write
		err    error
		want   shelf
	}{
		"a create of what is there is refused": {
			func(l *docs.Lookup[shelf]) []docs.Write { return []docs.Write{shelves.Create(l.ID, shelf{})} },
			docs.ErrExists, rye,
		},
		"a set overwrites": {
			func(l *docs.Lookup[shelf]) []docs.Write { return []docs.Write{shelves.Set(l.ID, shelf{Name: "oat"})} },
			nil, shelf{Name: "oat"},
		},
		"a replace writes every field, the empty ones too": {
			func(l *docs.Lookup[shelf]) []docs.Write { return []docs.Write{shelves.Replace(l, shelf{Name: "oat"})} },
			nil, shelf{Name: "oat"},
		},
		"a replace of what has changed is refused": {
			func(l *docs.Lookup[shelf]) []docs.Write {
				l.Updated = l.Updated.Add(-time.Second)
				return []docs.Write{shelves.Replace(l, shelf{Name: "oat"})}
			},
			docs.ErrConflict, rye,
		},
		"a merge leaves the other fields": {
			func(l *docs.Lookup[shelf]) []docs.Write {
				return []docs.Write{shelves.Merge(l.ID, map[string]any{"stock": 9, "tags": map[string]any{"a/b.c": 1}})}
			},
			nil, shelf{Name: "rye", Stock: 9, Note: "fresh", Tags: map[string]int{"a/b.c": 1}},
		},
		"an update of a field leaves the others": {
			func(l *docs.Lookup[shelf]) []docs.Write {
				return []docs.Write{shelves.Update(l, docs.Field{Path: []string{"stock"}, Value: 9})}
			},
			nil, shelf{Name: "rye", Stock: 9, Note: "fresh"},
		},
		"one refused write refuses them all": {
			func(l *docs.Lookup[shelf]) []docs.Write {
				return []docs.Write{shelves.Set(l.ID, shelf{}), shelves.Create(l.ID, shelf{})}
			},
			docs.ErrExists, rye,
		},
		"an id that is no id is refused": {
			func(*docs.Lookup[shelf]) []docs.Write { return []docs.Write{shelves.Set("a/b", shelf{})} },
			docs.ErrBadID, rye,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, db.Commit(ctx, shelves.Set("s", rye)))
			l := shelves.Lookup("s")
			require.NoError(t, db.Fetch(ctx, l))
			require.ErrorIs(t, db.Commit(ctx, test.writes(l)...), test.err)
			got, err := shelves.Get(ctx, "s")
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
	_, err := shelves.Get(ctx, "none")
	require.ErrorIs(t, err, docs.ErrNotFound)
}

func TestFetchReadsAnyMixInOneRoundTrip(t *testing.T) {
	db, _, _ := open(t)
	ctx := logs.CountTrips(t.Context())
	a, b := docs.In[shelf](db, "a"), docs.In[map[string]any](db, "b")
	require.NoError(t, db.Commit(ctx, a.Set("1", shelf{Name: "x"}), b.Set("2", map[string]any{"k": "v"})))
	one, two, none := a.Lookup("1"), b.Lookup("2"), a.Lookup("3")
	require.NoError(t, db.Fetch(ctx, one, two, none))
	require.Equal(t, shelf{Name: "x"}, one.Data)
	require.Equal(t, map[string]any{"k": "v"}, two.Data)
	require.False(t, none.Exists)

	counts := map[string]int{}
	for _, trip := range logs.Trips(ctx) {
		counts[trip.Name] = trip.Count
	}
	require.Equal(t, map[string]int{"firestore.Commit": 1, "firestore.BatchGetDocuments": 1}, counts)
}

func TestOnceLetsAnEventCountOnce(t *testing.T) {
	db, _, _ := open(t)
	ctx := t.Context()
	shelves := docs.In[shelf](db, "shelves")
	effect := func(id event.ID, n int) error {
		return db.Commit(ctx, docs.Once("stock", id), shelves.Set("s", shelf{Stock: n}))
	}
	require.NoError(t, effect("e1", 1))
	require.ErrorIs(t, effect("e1", 2), docs.ErrDuplicate)
	require.NoError(t, effect("e2", 3))
	got, err := shelves.Get(ctx, "s")
	require.NoError(t, err)
	require.Equal(t, 3, got.Stock)

	err = db.Commit(ctx, docs.Once("stock", "e3"), shelves.Create("s", shelf{}))
	require.ErrorIs(t, err, docs.ErrExists, "a refused create beside the inbox is no repeat")
	require.NotErrorIs(t, err, docs.ErrDuplicate)
}

func TestTransactIsSerial(t *testing.T) {
	db, _, _ := open(t)
	ctx := t.Context()
	shelves := docs.In[shelf](db, "shelves")
	require.NoError(t, db.Commit(ctx, shelves.Set("s", shelf{})))
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() {
			errs[i] = db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
				l := shelves.Lookup("s")
				if err := tx.Fetch(l); err != nil {
					return err
				}
				l.Data.Stock++
				tx.Write(shelves.Set("s", l.Data))
				return nil
			})
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	got, err := shelves.Get(ctx, "s")
	require.NoError(t, err)
	require.Equal(t, len(errs), got.Stock)

	refused := errors.New("no")
	require.ErrorIs(t, db.Transact(ctx, func(context.Context, *docs.Tx) error { return refused }), refused)
}

func TestThenComesAfterTheCommitAndBeforeItsEvents(t *testing.T) {
	db, server, events := open(t)
	var published []int
	write := []docs.Write{
		docs.In[shelf](db, "shelves").Set("s", shelf{}), docs.Emit(&event.JobPlan{Job: "j"}),
		docs.Then(func() { published = append(published, len(events.sent)) }),
	}
	server.Faults.Add(fault.Rule{Method: "Commit", Code: codes.InvalidArgument, Times: 1})
	require.Error(t, db.Commit(t.Context(), write...))
	require.Empty(t, published, "not if it is refused")
	require.NoError(t, db.Commit(t.Context(), write...))
	require.NoError(t, db.Transact(t.Context(), func(_ context.Context, tx *docs.Tx) error { tx.Write(write...); return nil }))
	require.Equal(t, []int{0, 1}, published)
}

func TestEmittedEventsAreNeverLost(t *testing.T) {
	down := errors.New("pub/sub is down")
	commit := func(db *docs.DB) error {
		return db.Commit(t.Context(), docs.In[shelf](db, "shelves").Set("s", shelf{}),
			docs.Emit(&event.JobPlan{Header: event.Header{ID: "e1"}, Job: "j"}))
	}
	ids := func(s *sink) (ids []string) {
		for _, m := range s.sent {
			ids = append(ids, m.ID())
		}
		return ids
	}
	sweep := func(db *docs.DB) int {
		n, err := db.SweepOutbox(t.Context(), time.Now().Add(time.Minute), 100)
		require.NoError(t, err)
		return n
	}

	t.Run("published right after the commit, and not again", func(t *testing.T) {
		db, _, events := open(t)
		require.NoError(t, commit(db))
		require.Equal(t, []string{"e1"}, ids(events))
		require.Zero(t, sweep(db))
	})
	t.Run("published by the sweep when the bus was down", func(t *testing.T) {
		db, _, events := open(t)
		events.set(down)
		require.NoError(t, commit(db), "the state is committed")
		events.set(nil)
		require.Equal(t, 1, sweep(db))
		require.Equal(t, []string{"e1"}, ids(events))
		require.Zero(t, sweep(db))
	})
	t.Run("not published when the commit is refused", func(t *testing.T) {
		db, server, events := open(t)
		server.Faults.Add(fault.Rule{Method: "Commit", Code: codes.InvalidArgument, Times: 1})
		require.Error(t, commit(db))
		require.Empty(t, events.sent)
		require.Zero(t, sweep(db))
	})
	t.Run("published again, under the same id, when the outbox could not be cleared", func(t *testing.T) {
		db, server, events := open(t)
		server.Faults.Add(fault.Rule{Method: "Commit", Code: codes.InvalidArgument, Skip: 1, Times: 1})
		require.NoError(t, commit(db))
		require.Equal(t, 1, sweep(db))
		require.Equal(t, []string{"e1", "e1"}, ids(events))
	})
	t.Run("one that cannot be published holds up no other", func(t *testing.T) {
		db, _, events := open(t)
		events.set(down)
		require.NoError(t, db.Commit(t.Context(), docs.Emit(
			&event.JobPlan{Header: event.Header{ID: "e1"}, Job: "j"},
			&event.JobPlan{Header: event.Header{ID: "e2"}, Job: "j"},
		)))
		events.set(nil)
		events.poison = "e1"
		n, err := db.SweepOutbox(t.Context(), time.Now().Add(time.Minute), 100)
		require.ErrorContains(t, err, "no such topic")
		require.Equal(t, 1, n)
		require.Equal(t, []string{"e2"}, ids(events))
	})
	t.Run("an invalid event refuses the commit", func(t *testing.T) {
		db, _, _ := open(t)
		require.ErrorIs(t, db.Commit(t.Context(), docs.Emit(&event.JobPlan{})), event.ErrInvalid)
	})
}

func TestLimits(t *testing.T) {
	db, _, _ := open(t)
	ctx := t.Context()
	shelves := docs.In[shelf](db, "shelves")
	var writes []docs.Write
	for i := range 12 {
		writes = append(writes, shelves.Set(fmt.Sprint(i), shelf{Note: strings.Repeat("x", 1<<20-1000)}))
	}
	require.ErrorIs(t, db.Commit(ctx, writes...), docs.ErrTooLarge)
	_, err := shelves.Query().All(ctx)
	require.ErrorIs(t, err, docs.ErrUnbounded)
}

func TestQuery(t *testing.T) {
	db, _, _ := open(t)
	ctx := t.Context()
	shelves := docs.In[shelf](db, "shelves")
	for i := range 5 {
		require.NoError(t, db.Commit(ctx, shelves.Set(fmt.Sprint(i), shelf{Name: "n", Stock: i})))
	}
	page, err := shelves.Query().OrderBy("stock", docs.Desc).After(4).Limit(2).All(ctx)
	require.NoError(t, err)
	require.Len(t, page, 2)
	require.Equal(t, []string{"3", "2"}, []string{page[0].ID, page[1].ID})
	n, err := shelves.Where("stock", ">=", 2).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	_, err = shelves.Where("name", "==", "n").OrderBy("stock", docs.Asc).Limit(1).All(ctx)
	require.ErrorContains(t, err, "index", "a query that no declared index serves")
}

// The clock of these is real: what is bounded is the client's own patience.
func TestUnavailableIsTold(t *testing.T) {
	db, server, _ := open(t)
	shelves := docs.In[shelf](db, "s")
	require.NoError(t, db.Commit(t.Context(), shelves.Set("s", shelf{})))
	calls := map[string]func(context.Context) error{
		"a commit": func(ctx context.Context) error { return db.Commit(ctx, shelves.Set("s", shelf{})) },
		"a fetch":  func(ctx context.Context) error { return db.Fetch(ctx, shelves.Lookup("s")) },
		"a query":  func(ctx context.Context) error { _, err := shelves.Query().Limit(1).All(ctx); return err },
		"a count":  func(ctx context.Context) error { _, err := shelves.Query().Count(ctx); return err },
		"a transaction": func(ctx context.Context) error {
			return db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error { return tx.Fetch(shelves.Lookup("s")) })
		},
	}
	t.Run("long before the deadline", func(t *testing.T) {
		server.Faults.Add(fault.Rule{Code: codes.Unavailable})
		t.Cleanup(server.Faults.Reset)
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				require.ErrorIs(t, call(ctx), docs.ErrUnavailable)
				require.NoError(t, ctx.Err())
			})
		}
	})
	t.Run("not what passes", func(t *testing.T) {
		server.Faults.Add(fault.Rule{Code: codes.Unavailable, Times: 3})
		require.NoError(t, calls["a commit"](t.Context()))
	})
	t.Run("by the deadline, of one that hangs", func(t *testing.T) {
		server.Faults.Add(fault.Rule{Delay: time.Minute})
		t.Cleanup(server.Faults.Reset)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, calls["a commit"](ctx), docs.ErrUnavailable)
	})
}
