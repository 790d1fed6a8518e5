package courier

import (
	"fmt"
	"slices"
	"time"
)

// Take returns c with an order taken on, for which they collect so much cash.
func (c Courier) Take(order string, cash int64) Courier {
	if slices.Contains(c.Load.Orders, order) {
		return c
	}
	c.Load.Orders = append(slices.Clone(c.Load.Orders), order)
	c.Load.Cash += cash
	return c
}

// Drop returns c without an order that another brings, or nobody.
func (c Courier) Drop(order string, cash int64) Courier {
	if !slices.Contains(c.Load.Orders, order) {
		return c
	}
	c.Load.Cash -= cash
	return c.Bring(order)
}

// Bring returns c with an order brought: its cash stays in the bag.
func (c Courier) Bring(order string) Courier {
	c.Load.Orders = slices.DeleteFunc(slices.Clone(c.Load.Orders), func(o string) bool { return o == order })
	return c
}

// HandIn returns c with so much less cash, in minor units, or an error that wraps
// [ErrRefused] where they have less.
func (c Courier) HandIn(amount int64, by string, now time.Time) (Courier, error) {
	if amount > c.Load.Cash {
		return c, fmt.Errorf("%w: the courier has %d in cash, and cannot hand in %d", ErrRefused, c.Load.Cash, amount)
	}
	c.Load.Cash -= amount
	return c.changed(by, now), nil
}

// Room returns how many more orders c can carry, and how much more cash.
func (c Courier) Room() (orders int, cash int64) {
	return max(0, c.Capacity-len(c.Load.Orders)), max(0, c.CashLimit-c.Load.Cash)
}
