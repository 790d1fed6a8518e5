package api

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/track/intake"
)

const (
	// carryingKept saves a read of the order for each fix; a courier who has lost an
	// order may add to its trail for as long.
	carryingKept = time.Minute
	carryingSize = 20_000
)

// Carrying knows which orders are under way with whom. It is safe for concurrent
// use.
type Carrying struct {
	db     *docs.DB
	orders *orderdb.Store
	now    func() time.Time

	mu    sync.Mutex
	known map[load]time.Time // until when; guarded by mu
}

type load struct{ courier, order string }

// NewCarrying returns what the orders in db say.
func NewCarrying(db *docs.DB, orders *orderdb.Store) *Carrying {
	return &Carrying{db: db, orders: orders, now: time.Now, known: make(map[load]time.Time)}
}

// mayReport refuses a courier that reports for another, or names an order that is
// not under way with it.
func (c *Carrying) mayReport(ctx context.Context, in *reportLocations) error {
	caller := auth.From(ctx)
	if caller.Entity != auth.Courier {
		return nil
	}
	if caller.ID != in.Courier {
		return huma.Error404NotFound("there is no courier " + in.Courier)
	}
	named := make(map[string]int) // where each order is named first
	for i, fix := range in.Body.Fixes {
		if _, seen := named[fix.Order]; !seen && fix.Order != "" {
			named[fix.Order] = i
		}
	}
	if len(named) > intake.MaxOrders {
		return faulty("body.fixes", fmt.Sprintf("name %d orders: send at most %d in a call", len(named), intake.MaxOrders))
	}
	return c.judge(ctx, caller.ID, named)
}

// judge looks up, in one round trip, the orders that are not known to be the
// courier's.
func (c *Carrying) judge(ctx context.Context, courier string, named map[string]int) error {
	var lookups []*docs.Lookup[order.Order]
	var fetch []docs.Fetcher
	var at []int
	for id, i := range named {
		if !c.knows(load{courier, id}) {
			l := c.orders.Lookup(order.ID(id))
			lookups, fetch, at = append(lookups, l), append(fetch, l), append(at, i)
		}
	}
	if len(fetch) == 0 {
		return nil
	}
	err := c.db.Fetch(ctx, fetch...)
	if errors.Is(err, docs.ErrBadID) {
		return faulty("body.fixes", "name something that is no order's id")
	}
	if err != nil {
		return err
	}
	for i, l := range lookups {
		if !l.Exists || l.Data.Courier != courier {
			return faulty(fmt.Sprintf("body.fixes[%d].order", at[i]), "is not under way with you")
		}
		c.note(load{courier, string(l.Data.ID)})
	}
	return nil
}

func (c *Carrying) knows(l load) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Before(c.known[l])
}

func (c *Carrying) note(l load) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= carryingSize {
		clear(c.known)
	}
	c.known[l] = c.now().Add(carryingKept)
}
