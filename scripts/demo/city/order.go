package city

import (
	"fmt"
	"sync"
	"time"

	"lastmile/shared/geo"
)

// order is what apps read of one.
type order struct {
	ID, Customer, Shop, Courier, State string

	Version                           int
	Pickup, Dropoff                   spot
	PlacedAt, PromisedAt, DeliveredAt time.Time
}

type spot struct{ Point geo.Point }

// over reports whether a state is an end.
func over(state string) bool {
	return state == "delivered" || state == "cancelled" || state == "rejected"
}

// ledger is what the city's people believe has happened, to be compared with what
// the platform says.
type ledger struct {
	mu     sync.Mutex
	placed map[string]bool   // guarded by mu
	by     map[string]string // who delivered an order; guarded by mu
	faults []string          // guarded by mu
}

// maxPlaced bounds what is remembered: beyond, only faults are.
const maxPlaced = 20_000

func (l *ledger) place(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.placed) < maxPlaced {
		l.placed[id] = true
	}
}

// delivered notes who brought an order. It is a fault if two did.
func (l *ledger) delivered(id, courier string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first := l.by[id]; first != "" && first != courier {
		l.faults = append(l.faults, fmt.Sprintf("order %s was delivered by %s and by %s", id, first, courier))
	}
	if len(l.by) < maxPlaced {
		l.by[id] = courier
	}
}

// orders are those that were placed, and what went wrong with any.
func (l *ledger) orders() (placed, faults []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.placed {
		placed = append(placed, id)
	}
	return placed, append(faults, l.faults...)
}
