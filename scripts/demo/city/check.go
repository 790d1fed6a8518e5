package city

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Check asks the platform what became of everything, and returns all that should
// never be: an order that is lost, one that two brought, one that was brought by
// nobody, stock below nothing. Once nobody orders any more, no order is open.
func (c *City) Check(ctx context.Context) error {
	var errs []error
	placed, faults := c.ledger.orders()
	for _, f := range faults {
		errs = append(errs, errors.New(f))
	}
	for _, id := range placed {
		errs = append(errs, c.checkOrder(ctx, id))
	}
	for _, s := range c.shops {
		errs = append(errs, c.checkStock(ctx, s))
	}
	return errors.Join(errs...)
}

// ErrOpen is the cause of the error of an order that has not ended.
var ErrOpen = errors.New("not ended")

func (c *City) checkOrder(ctx context.Context, id string) error {
	var o order
	if err := c.api.call(ctx, c.api.operator, http.MethodGet, "/v1/orders/"+id, nil, &o); err != nil {
		return fmt.Errorf("order %s is lost: %w", id, err)
	}
	if !over(o.State) {
		return fmt.Errorf("order %s is %s: %w", id, o.State, ErrOpen)
	}
	if o.State != "delivered" {
		return nil
	}
	c.ledger.mu.Lock()
	by := c.ledger.by[id]
	c.ledger.mu.Unlock()
	if o.Courier == "" || by != "" && by != o.Courier {
		return fmt.Errorf("order %s was brought by %q, and names %q", id, by, o.Courier)
	}
	return c.checkSearch(ctx, o)
}

// checkSearch looks at who was to carry an order: of all that were asked, one did.
func (c *City) checkSearch(ctx context.Context, o order) error {
	var d struct {
		State  string
		Winner string
		Offers []struct{ Courier, State string }
	}
	if err := c.api.call(ctx, c.api.operator, http.MethodGet, "/v1/dispatch/"+o.ID, nil, &d); err != nil {
		return fmt.Errorf("search of order %s: %w", o.ID, err)
	}
	var carried []string
	for _, offer := range d.Offers {
		if slices.Contains([]string{"accepted", "completed"}, offer.State) {
			carried = append(carried, offer.Courier)
		}
	}
	if len(carried) != 1 || carried[0] != o.Courier {
		return fmt.Errorf("order %s names courier %s, and its search, which is %s, has %v", o.ID, o.Courier, d.State, carried)
	}
	return nil
}

func (c *City) checkStock(ctx context.Context, s *shop) error {
	var page struct{ Items []item }
	path := "/v1/shops/" + s.id + "/items?limit=200"
	if err := c.api.call(ctx, c.api.operator, http.MethodGet, path, nil, &page); err != nil {
		return err
	}
	for _, i := range page.Items {
		if i.Left != nil && *i.Left < 0 {
			return fmt.Errorf("shop %s has %d of %s", s.id, *i.Left, i.ID)
		}
	}
	return nil
}
