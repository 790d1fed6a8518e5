package orderdb_test

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
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
)

// world is a shop with some items, and a bus that can be down.
type world struct {
	t         testing.TB
	firestore *firestore.Server
	db        *docs.DB
	orders    *orderdb.Store

	mu   sync.Mutex
	down bool          // guarded by mu
	sent []bus.Message // guarded by mu
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	indexes, err := json.Marshal(map[string]any{"indexes": orderdb.Indexes()})
	require.NoError(t, err)
	w.firestore, err = firestore.Start(firestore.Options{Indexes: indexes})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.firestore.Close() })
	w.db, err = docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: w.firestore.Addr(), Publisher: w, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.db.Close() })
	w.orders = orderdb.New(w.db)
	return w
}

// Send is the bus.
func (w *world) Send(_ context.Context, messages ...bus.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return errors.New("the bus is down")
	}
	w.sent = append(w.sent, messages...)
	return nil
}

func (w *world) setDown(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

// published returns the ids of what was sent, each with how often.
func (w *world) published() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	times := make(map[string]int)
	for _, m := range w.sent {
		times[m.ID()]++
	}
	return times
}

// item is what a sync stores of one.
type item struct {
	ID         string `firestore:"id"`
	Stock      int64  `firestore:"stock"`
	StockKnown bool   `firestore:"stockKnown"`
	Available  bool   `firestore:"available"`
}

// sync has the provider say how many there are.
func (w *world) sync(id string, stock int64) {
	w.t.Helper()
	w.set(item{ID: id, Stock: stock, StockKnown: true, Available: true})
}

func (w *world) set(i item) {
	w.t.Helper()
	require.NoError(w.t, w.db.Commit(w.t.Context(), docs.In[item](w.db, "shops", "bakery", "items").Set(i.ID, i)))
}

func (w *world) shelf(id string) order.Shelf {
	w.t.Helper()
	racks := w.orders.Racks("bakery", id)
	require.NoError(w.t, w.db.Fetch(w.t.Context(), racks.Fetchers()...))
	return racks.Shelf(id)
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// of returns a new order of so many of one item.
func of(id, item string, quantity int64) order.Order {
	return order.Order{
		ID: order.ID(id), Customer: "ann", Shop: "bakery", Zone: "malta",
		Lines: []order.Line{{Item: item, Quantity: quantity, Unit: 100, Total: 100 * quantity, Counted: true}},
	}.Place(noon)
}

// do changes an order as role does.
func (w *world) do(id order.ID, role order.Role, c order.Change) (order.Order, error) {
	return w.orders.Change(w.t.Context(), id, func(o order.Order) (order.Order, error) {
		return o.Do(c, order.Actor{Role: role, ID: o.Courier}, noon)
	})
}
