package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/realtime"
)

// Parties are those whose an order is.
type Parties struct {
	Customer string `firestore:"customer"`
	Courier  string `firestore:"courier"`
	Shop     string `firestore:"shop"`
}

const (
	partiesKept = 5 * time.Second // a courier may change
	partiesSize = 10_000
)

// Owners is the [Permissions] of callers: a customer watches its own orders and
// what any shop offers ("market:SHOP"), a courier its own and itself, a merchant those of its shops, and its shops, an
// operator everything. Who came with a pass watches what that says.
type Owners struct {
	table  auth.Table
	orders docs.Collection[Parties]
	now    func() time.Time

	mu    sync.Mutex
	known map[string]known // by order; guarded by mu
}

type known struct {
	parties Parties
	until   time.Time
}

// NewOwners returns the permissions that follow from the orders in db.
func NewOwners(t auth.Table, db *docs.DB) *Owners {
	return &Owners{table: t, orders: docs.In[Parties](db, "orders"), now: time.Now, known: make(map[string]known)}
}

// MayWatch implements [Permissions].
func (o *Owners) MayWatch(ctx context.Context, who Identity, topic realtime.Audience) error {
	c := who.Caller
	if c.Entity == "" {
		return granted{}.MayWatch(ctx, who, topic)
	}
	kind, id, _ := strings.Cut(topic.Name(), ":")
	rule := o.table[c.Entity]
	switch {
	case rule.Allows("*"):
		return nil
	case !rule.Allows(kind):
		return ErrForbidden
	case kind == "order":
		return o.party(ctx, c, id)
	case c.Is(auth.Entity(kind), id), kind == "shop" && c.In(id), kind == "market":
		return nil
	}
	return ErrForbidden
}

// Changed implements [Fleeting]: an order may be another courier's by now.
func (o *Owners) Changed(topic realtime.Audience) bool {
	order, ok := strings.CutPrefix(topic.Name(), "order:")
	if ok {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.known, order)
	}
	return ok
}

// Carries returns nil if an order is the courier's, and [ErrForbidden] if not.
func (o *Owners) Carries(ctx context.Context, courier, order string) error {
	return o.party(ctx, auth.Caller{Entity: auth.Courier, ID: courier}, order)
}

func (o *Owners) party(ctx context.Context, c auth.Caller, order string) error {
	p, err := o.parties(ctx, order)
	if err != nil {
		return err
	}
	if c.Is(auth.Customer, p.Customer) || c.Is(auth.Courier, p.Courier) || c.In(p.Shop) {
		return nil
	}
	return ErrForbidden
}

// parties looks an order up, once every few seconds. An order that is not there is
// nobody's.
func (o *Owners) parties(ctx context.Context, order string) (Parties, error) {
	now := o.now()
	o.mu.Lock()
	k, ok := o.known[order]
	o.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.parties, nil
	}
	p, err := o.orders.Get(ctx, order)
	if err != nil && !errors.Is(err, docs.ErrNotFound) && !errors.Is(err, docs.ErrBadID) {
		return p, fmt.Errorf("whose order %s is: %w", order, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) >= partiesSize {
		clear(o.known)
	}
	o.known[order] = known{p, now.Add(partiesKept)}
	return p, nil
}
