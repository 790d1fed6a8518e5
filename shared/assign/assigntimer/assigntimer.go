// Package assigntimer has searches for couriers, and the rounds of zones, go on
// when they are due, by timers of the function assign.
package assigntimer

import (
	"context"
	"strings"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/timer"
)

// Function is who makes rounds.
const Function = "assign"

// The entities of timers begin with these.
const (
	order = "order:"
	zone  = "zone:"
)

// Clock calls the function assign.
type Clock struct{ timers *timer.Queue }

// New returns a Clock that sets timers in q.
func New(q *timer.Queue) *Clock { return &Clock{q} }

// Due has a search go on when it is due. A timer of an older version of it is
// stale.
func (c *Clock) Due(ctx context.Context, d dispatch.Dispatch) error {
	return c.timers.Schedule(ctx, timer.Timer{Function: Function, Entity: order + d.Order, Kind: "due", Gen: d.Version, Due: d.Due})
}

// Tick has a zone's round of this number made at a time.
func (c *Clock) Tick(ctx context.Context, of string, round int, at time.Time) error {
	return c.timers.Schedule(ctx, timer.Timer{Function: Function, Entity: zone + of, Kind: "tick", Gen: round, Due: at})
}

// Order returns the order that a timer is about.
func Order(t timer.Timer) (string, bool) { return strings.CutPrefix(t.Entity, order) }

// Zone returns the zone that a timer is about.
func Zone(t timer.Timer) (string, bool) { return strings.CutPrefix(t.Entity, zone) }
