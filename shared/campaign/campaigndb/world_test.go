package campaigndb_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/emulators/google"
	"lastmile/shared/bus"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// world is a store on its own database, with the timers and events that leave it.
type world struct {
	server *firestore.Server // of newWorld
	slow   bool              // it contends slowly
	db     *docs.DB
	store  *campaigndb.Store

	mu     sync.Mutex
	mute   bool                      // timers cannot be set
	timers map[string]campaign.Timer // by name; guarded by mu
	sent   []bus.Message             // guarded by mu
}

func newWorld(t testing.TB) *world {
	t.Helper()
	server := ours(t)
	w := worldAt(t, server.Addr(), "test")
	w.server = server
	return w
}

// ours is our Firestore.
func ours(t testing.TB) *firestore.Server {
	indexes, err := json.Marshal(map[string]any{"indexes": campaigndb.Indexes()})
	require.NoError(t, err)
	server, err := firestore.Start(firestore.Options{Indexes: indexes})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

// googles is Google's emulator, where the machine has it.
func googles(t testing.TB) string {
	e, err := google.Firestore(t.Context())
	if errors.Is(err, google.ErrMissing) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e.Addr
}

func worldAt(t testing.TB, addr, project string) *world {
	t.Helper()
	w := &world{timers: map[string]campaign.Timer{}}
	var err error
	w.db, err = docs.Open(t.Context(), docs.Options{Project: project, EmulatorHost: addr, Publisher: w, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })
	w.store = campaigndb.New(w.db, w, slog.New(slog.DiscardHandler))
	return w
}

// Send is the bus.
func (w *world) Send(_ context.Context, messages ...bus.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, messages...)
	return nil
}

// Set is Cloud Tasks.
func (w *world) Set(_ context.Context, t campaign.Timer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mute {
		return errors.New("cloud tasks does not answer")
	}
	w.timers[t.Name()] = t
	return nil
}

// Cancel is Cloud Tasks.
func (w *world) Cancel(_ context.Context, t campaign.Timer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.timers, t.Name())
	return nil
}

// fire delivers all timers that are due.
func (w *world) fire(t testing.TB, now time.Time) {
	t.Helper()
	for name, due := range w.timers {
		if !due.Due.After(now) {
			delete(w.timers, name)
			require.NoError(t, w.store.Fire(t.Context(), due, now))
		}
	}
}

// stored are all timer intents.
func (w *world) stored(t testing.TB) []campaign.Timer {
	t.Helper()
	all, err := w.store.Overdue(t.Context(), noon.AddDate(10, 0, 0), 1000)
	require.NoError(t, err)
	return all
}

// draft returns a campaign of a kind from an hour after noon to two hours after.
func draft(t testing.TB, k campaign.Kind, shop string) campaign.Campaign {
	t.Helper()
	terms := map[campaign.Kind]campaign.Terms{
		campaign.PercentOff:   {BasisPoints: 1000},
		campaign.FlashSale:    {BasisPoints: 2500},
		campaign.AmountOff:    {Amount: 300, Currency: "EUR", PerCustomer: 1},
		campaign.FreeDelivery: {},
	}
	d := campaign.Draft{Title: "Autumn", Terms: terms[k], Plan: campaign.Plan{Zone: "UTC", Start: "2026-11-01T13:00", End: "2026-11-01T14:00"}}
	c, err := campaign.New(campaign.ID(event.NewID()), shop, k, d, "ann", noon)
	require.NoError(t, err)
	return c
}

// published stores a campaign that begins at one.
func (w *world) published(t testing.TB, k campaign.Kind, shop string, items ...string) campaign.Campaign {
	t.Helper()
	c, err := draft(t, k, shop).Do(campaign.Publish, "ann", noon)
	require.NoError(t, err)
	c, created, err := w.store.Create(t.Context(), c, items, noon)
	require.NoError(t, err)
	require.True(t, created)
	return c
}

// do does an action to a stored campaign.
func (w *world) do(t testing.TB, id campaign.ID, a campaign.Action, now time.Time) campaign.Campaign {
	t.Helper()
	c, err := w.store.Change(t.Context(), id, func(c campaign.Campaign) (campaign.Campaign, error) { return c.Do(a, "ann", now) })
	require.NoError(t, err)
	return c
}

// offers reads the offers of a shop.
func (w *world) offers(t testing.TB, shop, customer string, now time.Time, items ...string) campaign.Offers {
	t.Helper()
	r := w.store.Read(shop, customer, items)
	require.NoError(t, w.db.Fetch(t.Context(), r.Fetchers()...))
	return r.Offers(now)
}

func clock(hour, minute int) time.Time {
	return time.Date(2026, 11, 1, hour, minute, 0, 0, time.UTC)
}
