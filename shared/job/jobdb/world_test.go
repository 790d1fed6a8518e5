package jobdb_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/emulators/redis"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobredis"
)

// world is a store on its own database, with what it publishes and closes.
type world struct {
	firestore *firestore.Server
	redis     *redis.Server
	db        *docs.DB
	jobs      *jobdb.Store
	board     *jobredis.Board
	pages     *jobdb.Pages

	mu       sync.Mutex
	silent   bool            // publishing fails
	sent     []bus.Message   // guarded by mu
	closings []job.Closing   // guarded by mu
	named    map[string]bool // closings by name, as timers know them; guarded by mu
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{named: map[string]bool{}}
	indexes, err := json.Marshal(map[string]any{"indexes": jobdb.Indexes()})
	require.NoError(t, err)
	w.firestore, err = firestore.Start(firestore.Options{Indexes: indexes})
	require.NoError(t, err)
	t.Cleanup(func() { w.firestore.Close() })
	w.redis, err = redis.Start(redis.Options{Server: redis.Embedded, Faulty: true})
	require.NoError(t, err)
	t.Cleanup(func() { w.redis.Close() })
	w.db, err = docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: w.firestore.Addr(), Publisher: w, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { w.db.Close() })
	client := goredis.NewClient(&goredis.Options{Addr: w.redis.Addr(), MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	w.jobs, w.board = jobdb.New(w.db), jobredis.New(client)
	w.pages = jobdb.NewPages(w.jobs, w.board, w, slog.New(slog.DiscardHandler))
	return w
}

// Send is the bus.
func (w *world) Send(_ context.Context, messages ...bus.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.silent {
		return errors.New("killed before the publish")
	}
	w.sent = append(w.sent, messages...)
	return nil
}

// Close is the timers.
func (w *world) Close(_ context.Context, c job.Closing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := string(c.Job) + c.Reason + string(rune(c.Gen))
	if !w.named[name] {
		w.named[name] = true
		w.closings = append(w.closings, c)
	}
	return nil
}

// running returns a job of n pages at work.
func (w *world) running(t *testing.T, kind job.Kind, n int) job.Job {
	t.Helper()
	j, _, err := w.jobs.Submit(t.Context(), job.New(job.ID(event.NewID()), kind, "bakery", "ann", now()), nil)
	require.NoError(t, err)
	p := w.jobs.Plan(j)
	for i := range n {
		require.NoError(t, p.Add(t.Context(), page(j.ID, i)))
	}
	j, err = p.Start(t.Context(), job.Plan{}, now())
	require.NoError(t, err)
	return j
}

func page(id job.ID, n int) *event.BulkPage {
	return &event.BulkPage{Job: string(id), Shop: "bakery", Page: n, Items: []string{"rye"}}
}

func now() time.Time { return time.Now().UTC() }

// effect is a document that counts how often a page had its effect.
type effect struct {
	Times int `firestore:"times"`
}

// run delivers page n, whose effect is one more in the document n.
func (w *world) run(ctx context.Context, id job.ID, n int, last bool, fault error) error {
	effects := docs.In[effect](w.db, "effects")
	d := jobdb.Delivery{Job: id, Page: n, Event: page(id, n), Attempt: 1, Last: last, Final: func(error) bool { return false }}
	return w.pages.Run(ctx, d, func(ctx context.Context, t *jobdb.Turn) error {
		l := effects.Lookup(d.Event.(*event.BulkPage).Job + "-" + string(rune('a'+n%26)) + string(rune('a'+n/26)))
		if err := t.Fetch(ctx, l); err != nil {
			return err
		}
		if fault != nil {
			return fault
		}
		return t.Commit(ctx, job.Page{Counts: job.Counts{Read: 2, Changed: 1, Unchanged: 1}}, effects.Set(l.ID, effect{l.Data.Times + 1}))
	})
}

func (w *world) effect(t *testing.T, id job.ID, n int) int {
	t.Helper()
	l := docs.In[effect](w.db, "effects").Lookup(string(id) + "-" + string(rune('a'+n%26)) + string(rune('a'+n/26)))
	require.NoError(t, w.db.Fetch(t.Context(), l))
	return l.Data.Times
}
