package orderdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// ErrBusy is returned when more orders wait at a shop than will be served soon.
var ErrBusy = errors.New("too many orders wait at this shop")

// tills are where orders wait to be placed, one till for each shop. While one
// commit is under way the orders that come meanwhile wait, and the next commit
// places them all: many orders of one item contend for it in memory, not in the
// database.
type tills struct {
	mu sync.Mutex
	of map[string]*till // guarded by mu; those at which somebody waits or is served
}

// till is the queue of one shop. A goroutine serves it for as long as there is
// somebody in it; everybody in it waits for that goroutine.
type till struct {
	waiting []*placement // guarded by tills.mu
}

// placement is one order in a till.
type placement struct {
	ctx   context.Context // of the request that waits
	order order.Order
	with  []docs.Write
	done  chan outcome // holds one
}

type outcome struct {
	order   order.Order
	created bool
	err     error
}

const (
	maxWaiting = 20_000 // at one till
	maxBatch   = 64     // orders in a commit
	maxLines   = 1000   // of those together, unless one order has more
)

// join adds p to its shop's till, and serves that if nobody does.
func (t *tills) join(p *placement, serve func(batch []*placement)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	shop := p.order.Shop
	q := t.of[shop]
	switch {
	case q == nil:
		if t.of == nil {
			t.of = make(map[string]*till)
		}
		q = &till{}
		t.of[shop] = q
		go t.serve(shop, q, serve)
	case len(q.waiting) >= maxWaiting:
		return fmt.Errorf("%w: shop %s", ErrBusy, shop)
	}
	q.waiting = append(q.waiting, p)
	return nil
}

func (t *tills) serve(shop string, q *till, serve func(batch []*placement)) {
	for batch := t.take(shop, q); len(batch) > 0; batch = t.take(shop, q) {
		serve(batch)
	}
}

// take removes from q what fits one commit. An empty till is closed.
func (t *tills) take(shop string, q *till) []*placement {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, lines := 0, 0
	for n < len(q.waiting) && n < maxBatch {
		p := q.waiting[n]
		alone := len(p.with) > 0 // its own writes may be refused, which would refuse the others
		if lines += len(p.order.Lines); n > 0 && (lines > maxLines || alone) {
			break
		}
		if n++; alone {
			break
		}
	}
	batch := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	if n == 0 {
		delete(t.of, shop)
	}
	return batch
}

// leave removes p from its till, and reports whether it was still there.
func (t *tills) leave(p *placement) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.of[p.order.Shop]
	if q == nil {
		return false
	}
	before := len(q.waiting)
	q.waiting = slices.DeleteFunc(q.waiting, func(w *placement) bool { return w == p })
	return len(q.waiting) < before
}
