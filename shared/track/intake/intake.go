// Package intake takes in the fixes of couriers, whichever way they come.
//
// It owns the two paths of a fix. Path one: whoever watches the courier or the
// order is told at once. Path two, at the same time: the newest position is kept,
// with its neighbours, and every few seconds one of the callers carries what has
// changed to the database ([Flush]).
//
// It promises that a fix is refused only with a reason, and never because of
// another courier's; and that taking fixes in again is harmless, so that a caller
// who got no answer repeats.
package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lastmile/shared/track"
)

// Positions keeps where couriers are now.
type Positions interface {
	// Newest returns the newest fixes of those couriers that are known.
	Newest(ctx context.Context, couriers ...track.CourierID) ([]track.Fix, error)

	// Keep takes fixes in. If it begins a drain, it returns its batch.
	Keep(ctx context.Context, now time.Time, fixes ...track.Fix) (newer int, batch string, err error)
}

// Broadcaster tells those who watch a courier, or the order under way, where the
// courier is. There is no more than one fix of each courier, and it is newer than
// those before; one that gets lost is made good by the next.
type Broadcaster interface {
	Broadcast(ctx context.Context, fixes ...track.Fix) error
}

// Options are the knobs of an Intake; a zero field stands for its default.
type Options struct {
	Limits track.Limits

	// Broadcaster may be nil: nobody watches.
	Broadcaster Broadcaster

	// Couriers is how many couriers' histories are remembered: 50,000. Those of
	// others are asked for when they report again.
	Couriers int

	Log *slog.Logger
	Now func() time.Time
}

// Intake takes fixes in. It is safe for concurrent use.
type Intake struct {
	positions Positions
	flush     *Flush
	memory    *memory
	gather    *gather
	options   Options
}

// New returns an Intake that keeps positions in p and flushes them by f. Without
// f, positions wait for somebody else's [Flush.Sweep].
func New(p Positions, f *Flush, o Options) *Intake {
	if o.Couriers == 0 {
		o.Couriers = 50_000
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	i := &Intake{positions: p, flush: f, memory: newMemory(o.Couriers), options: o}
	i.gather = &gather{keep: func(ctx context.Context, fixes []track.Fix) (string, error) {
		_, batch, err := p.Keep(ctx, o.Now(), fixes...)
		return batch, err
	}}
	return i
}

// MaxFixes is how many fixes one call may bring.
const MaxFixes = 250

// MaxOrders is how many orders the fixes of one call may name, for whoever has to look
// them up.
const MaxOrders = 20

// ErrTooMany is returned for a call with more than [MaxFixes].
var ErrTooMany = errors.New("too many fixes")

// Receipt is what became of the fixes of a call.
type Receipt struct {
	Accepted int
	Refused  []Refused
}

// Refused is a fix that was not accepted; Index is its place in the call.
type Refused struct {
	Index  int
	Reason *track.Refusal
}

// Accept takes fixes in, in the order in which their devices made them. When it
// returns nil, the accepted ones are kept. After an error, [ErrBusy] among them,
// the caller may send the same fixes again.
func (i *Intake) Accept(ctx context.Context, fixes ...track.Fix) (Receipt, error) {
	if len(fixes) > MaxFixes {
		return Receipt{}, fmt.Errorf("%w: %d, at most %d at once", ErrTooMany, len(fixes), MaxFixes)
	}
	v, err := i.judge(ctx, fixes)
	if err != nil || len(v.accepted) == 0 {
		return v.receipt(), err
	}
	told := make(chan error, 1)
	go func() { told <- i.broadcast(ctx, v.news) }()
	batch, err := i.gather.do(ctx, v.accepted)
	if e := <-told; e != nil {
		i.options.Log.WarnContext(ctx, "watchers were not told", slog.Int("couriers", len(v.news)), slog.Any("error", e))
	}
	if err != nil {
		return Receipt{}, err
	}
	i.carry(ctx, batch)
	return v.receipt(), nil
}

func (i *Intake) broadcast(ctx context.Context, news []track.Fix) error {
	if i.options.Broadcaster == nil || len(news) == 0 {
		return nil
	}
	return i.options.Broadcaster.Broadcast(ctx, news...)
}

// carry publishes a drain that this call began. What goes wrong is repaired by
// [Flush.Sweep]; it is not the courier's concern.
func (i *Intake) carry(ctx context.Context, batch string) {
	if batch == "" || i.flush == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := i.flush.Publish(ctx, batch); err != nil {
		i.options.Log.WarnContext(ctx, "positions wait for the sweep", slog.String("batch", batch), slog.Any("error", err))
	}
}
