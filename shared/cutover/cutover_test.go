package cutover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore"
	"lastmile/shared/bus"
	"lastmile/shared/cutover"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

func TestAnEventsTimeChoosesItsPath(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 11, 22, 10, 0, second, 0, time.UTC) }
	s := cutover.Setting{Flips: map[string][]cutover.Flip{
		cutover.Everyone: {{At: at(20), Path: cutover.New}},
		"early":          {{At: at(10), Path: cutover.New}},
		"late":           {{At: at(5), Path: cutover.New}, {At: at(15), Path: cutover.Old}},
	}}
	tests := map[string]struct {
		tenant string
		second int
		want   cutover.Path
	}{
		"before every flip the old path":           {"any", 0, cutover.Old},
		"a flip of everyone counts from its time":  {"any", 20, cutover.New},
		"and not before":                           {"any", 19, cutover.Old},
		"a tenant goes first":                      {"early", 10, cutover.New},
		"its earlier events stay where they were":  {"early", 9, cutover.Old},
		"a tenant goes back":                       {"late", 16, cutover.Old},
		"what it did between stays with the new":   {"late", 14, cutover.New},
		"its own flip outlasts that of everyone":   {"late", 30, cutover.Old},
		"no event's path changes with later flips": {"late", 4, cutover.Old},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, s.Live(test.tenant, at(test.second)))
		})
	}
}

type stock struct {
	N    int       `firestore:"n"`
	At   time.Time `firestore:"at"`
	Note string    `firestore:"note,omitempty"`
}

// world has two paths and a clock that only the test moves.
type world struct {
	db    *docs.DB
	store *cutover.Store
	sent  sent

	mu  sync.Mutex
	now time.Time // guarded by mu
}

// sent counts what is published, by topic.
type sent struct {
	mu sync.Mutex
	n  int // guarded by mu
}

func (s *sent) Send(_ context.Context, messages ...bus.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n += len(messages)
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	indexes, err := json.Marshal(map[string]any{"indexes": cutover.Indexes()})
	require.NoError(t, err)
	server, err := firestore.Start(firestore.Options{Indexes: indexes})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	w := &world{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	w.db, err = docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr(), Publisher: &w.sent})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })
	w.store = cutover.NewStore(w.db, w.clock)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

var errFinal = errors.New("final")

func verdict(err error) (string, bool) {
	switch {
	case err == nil, errors.Is(err, docs.ErrDuplicate):
		return "done", true
	case errors.Is(err, errFinal):
		return "final", true
	default:
		return "later", false
	}
}

func (w *world) pair(p cutover.Path) *cutover.Pair {
	return cutover.NewPair(w.db, cutover.Options{
		Function: "count", Path: p, Verdict: verdict, Now: w.clock, Patience: time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
}

func (w *world) stocks() docs.Collection[stock] { return docs.In[stock](w.db, "stocks") }

// add is a handler that reads, changes and tells: the kind that only compares if
// both paths read the same state.
func (w *world) add(function string, id event.ID, by int) func(context.Context) error {
	return func(ctx context.Context) error {
		l := w.stocks().Lookup("a")
		if err := w.db.Fetch(ctx, l); err != nil {
			return err
		}
		return w.db.Commit(ctx, docs.Once(function, id), w.stocks().Replace(l, stock{N: l.Data.N + by, At: time.Now()}),
			docs.Emit(&event.JobPlan{Job: fmt.Sprint(l.Data.N + by)}))
	}
}

func TestComparisons(t *testing.T) {
	type handler func(w *world, id event.ID) func(context.Context) error
	right := func(w *world, id event.ID) func(context.Context) error { return w.add("count2", id, 1) }
	ends := func(err error) handler {
		return func(*world, event.ID) func(context.Context) error { return func(context.Context) error { return err } }
	}
	tests := map[string]struct {
		shadow  handler
		outcome cutover.Outcome
		says    []string // in the words for what is missing or extra
	}{
		"the same effects on the same state are the same": {right, cutover.Same, nil},
		"a transaction is the same as a commit": {func(w *world, id event.ID) func(context.Context) error {
			return func(ctx context.Context) error {
				return w.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
					l := w.stocks().Lookup("a")
					if err := tx.Fetch(l); err != nil {
						return err
					}
					tx.Write(docs.Emit(&event.JobPlan{Job: fmt.Sprint(l.Data.N + 1)}), w.stocks().Replace(l, stock{N: l.Data.N + 1}))
					return nil
				})
			}
		}, cutover.Same, nil},
		"another value differs": {
			func(w *world, id event.ID) func(context.Context) error { return w.add("count2", id, 2) },
			cutover.Differs, []string{"stocks/a", "publish job.plan.v1"},
		},
		"a write too many differs": {func(w *world, id event.ID) func(context.Context) error {
			return func(ctx context.Context) error {
				return errors.Join(right(w, id)(ctx), w.db.Commit(ctx, w.stocks().Set("b", stock{})))
			}
		}, cutover.Differs, []string{"set stocks/b"}},
		"nothing where something was due differs": {ends(nil), cutover.Differs, []string{"stocks/a"}},
		"a refusal where the other accepts differs": {
			func(w *world, id event.ID) func(context.Context) error {
				return func(ctx context.Context) error { return errors.Join(right(w, id)(ctx), errFinal) }
			}, cutover.Differs, nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			live, shadow := w.pair(cutover.Old), w.pair(cutover.New)
			for i := range 3 {
				e := cutover.Event{ID: event.ID(fmt.Sprint(i)), At: w.clock()}
				require.Error(t, shadow.Handle(t.Context(), e, test.shadow(w, e.ID)), "the shadow waits for the live path")
				require.NoError(t, live.Handle(t.Context(), e, w.add("count", e.ID, 1)))
				require.ErrorIs(t, live.Handle(t.Context(), e, w.add("count", e.ID, 1)), docs.ErrDuplicate, "a repeat changes no comparison")
			}
			for i := range 3 {
				e := cutover.Event{ID: event.ID(fmt.Sprint(i)), At: w.clock()}
				require.NoError(t, shadow.Handle(t.Context(), e, test.shadow(w, e.ID)))
			}
			got, err := w.stocks().Get(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, 3, got.N, "only the live path wrote")
			require.Equal(t, 3, w.sent.n, "only the live path published")
			_, err = w.stocks().Get(t.Context(), "b")
			require.ErrorIs(t, err, docs.ErrNotFound)

			n, err := w.store.Count(t.Context(), "count", test.outcome)
			require.NoError(t, err)
			require.Equal(t, 3, n)
			found, err := w.store.List(t.Context(), "count", test.outcome, time.Time{}, 10)
			require.NoError(t, err)
			require.Len(t, found, 3)
			listed := fmt.Sprint(found[0].Missing, found[0].Extra)
			for _, words := range test.says {
				require.Contains(t, listed, words)
			}
		})
	}
}

func TestWhatBothRefuseIsTheSame(t *testing.T) {
	w := newWorld(t)
	e := cutover.Event{ID: "e", At: w.clock()}
	refuse := func(context.Context) error { return errFinal }
	require.ErrorIs(t, w.pair(cutover.Old).Handle(t.Context(), e, refuse), errFinal, "the live path leaves the dead letter")
	require.NoError(t, w.pair(cutover.New).Handle(t.Context(), e, refuse), "the shadow leaves none")
	n, err := w.store.Count(t.Context(), "count", cutover.Same)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestTheLastAttemptInShadowIsKept(t *testing.T) {
	w := newWorld(t)
	later := func(context.Context) error { return errors.New("later") }
	done := func(context.Context) error { return nil }
	count := func(o cutover.Outcome) int {
		n, err := w.store.Count(t.Context(), "count", o)
		require.NoError(t, err)
		return n
	}
	orphan := cutover.Event{ID: "orphan", At: w.clock(), Last: true}
	require.NoError(t, w.pair(cutover.New).Handle(t.Context(), orphan, done))
	require.Equal(t, 1, count(cutover.Skipped), "an event that the live path never finished")

	e := cutover.Event{ID: "e", At: w.clock()}
	require.NoError(t, w.pair(cutover.Old).Handle(t.Context(), e, done))
	require.Error(t, w.pair(cutover.New).Handle(t.Context(), e, later))
	e.Last = true
	require.NoError(t, w.pair(cutover.New).Handle(t.Context(), e, later))
	require.Equal(t, 1, count(cutover.Differs), "an event that only the shadow cannot handle")
}

func TestFlipRefuses(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.Flip(t.Context(), "count", "a", "newer", "me")
	require.ErrorIs(t, err, cutover.ErrNoPath)
	_, err = w.store.Flip(t.Context(), "count", strings.Repeat("x", 200), cutover.New, "me")
	require.ErrorContains(t, err, "at most 128 bytes")
	for range 100 {
		_, err = w.store.Flip(t.Context(), "count", "a", cutover.New, "me")
		require.NoError(t, err)
	}
	_, err = w.store.Flip(t.Context(), "count", "a", cutover.New, "me")
	require.ErrorIs(t, err, cutover.ErrTooMany)
}

// delivery is one of several of an event to one of several instances of a path.
type delivery struct {
	cutover.Event
	path     cutover.Path
	instance int
}

// Whatever is flipped whenever, and however events are delivered to instances
// that each believe what they read last: one path makes an event's effects.
func TestOnePathIsLiveForAnEvent(t *testing.T) {
	w := newWorld(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		function := fmt.Sprintf("run%d", run)
		paths := []cutover.Path{cutover.Old, cutover.New}
		pairs := map[cutover.Path][]*cutover.Pair{}
		for _, p := range paths {
			for range 2 {
				pairs[p] = append(pairs[p], cutover.NewPair(w.db, cutover.Options{
					Function: function, Path: p, Verdict: verdict, Now: w.clock, Patience: time.Nanosecond, Log: slog.New(slog.DiscardHandler),
				}))
			}
		}
		made := map[event.ID]map[cutover.Path]bool{}
		var pending []delivery
		deliver := func(d delivery) {
			err := pairs[d.path][d.instance].Handle(t.Context(), d.Event, func(ctx context.Context) error {
				return w.db.Commit(ctx, w.stocks().Set(function+string(d.path)+string(d.ID), stock{}))
			})
			if err != nil {
				return
			}
			_, err = w.stocks().Get(t.Context(), function+string(d.path)+string(d.ID))
			if err == nil {
				made[d.ID][d.path] = true
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"time passes": func(rt *rapid.T) {
				w.advance(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * time.Millisecond)
			},
			"flip": func(rt *rapid.T) {
				tenant := rapid.SampledFrom([]string{"a", "b", cutover.Everyone}).Draw(rt, "tenant")
				_, err := w.store.Flip(t.Context(), function, tenant, rapid.SampledFrom(paths).Draw(rt, "path"), "test")
				require.NoError(rt, err)
			},
			"publish": func(rt *rapid.T) {
				e := cutover.Event{ID: event.ID(fmt.Sprint("e", len(made))), At: w.clock(), Tenant: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "tenant")}
				made[e.ID] = map[cutover.Path]bool{}
				for _, p := range paths {
					for i := range 2 {
						pending = append(pending, delivery{e, p, i})
					}
				}
			},
			"deliver": func(rt *rapid.T) {
				if len(pending) > 0 {
					deliver(rapid.SampledFrom(pending).Draw(rt, "delivery"))
				}
			},
		})
		for _, d := range pending {
			deliver(d)
		}
		for id, by := range made {
			require.Len(rt, by, 1, "event %s was handled live by %v", id, by)
		}
	})
}
