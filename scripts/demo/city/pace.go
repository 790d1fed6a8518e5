package city

import (
	"context"
	"sync"
	"time"
)

// pace holds customers back whom the platform could not serve: it gives way as soon
// as answers are late or faults, and comes back bit by bit. A city that went on
// as it likes would bury a small machine, and nobody would be served at all.
type pace struct {
	mu    sync.Mutex
	share float64 // of the orders that are wanted; guarded by mu
}

const (
	unwell  = time.Second // an answer that takes longer is late
	usual   = 0.05        // the share of late answers that is none to worry about
	slowest = 0.05        // of what is wanted
)

func (p *pace) now() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.share
}

// judge takes in how many calls of the last second were answered, late, and not
// as they should be.
func (p *pace) judge(calls, late, faults int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if faults > 0 || float64(late) > usual*float64(calls) {
		p.share = max(slowest, 0.8*p.share)
	} else {
		p.share = min(1, p.share+0.02)
	}
}

// govern keeps the pace until ctx ends.
func (c *City) govern(ctx context.Context) {
	s := c.stats
	calls, late, faults := s.calls.Load(), s.late.Load(), s.faults.Load()
	for pause(ctx, time.Second) == nil {
		was := [...]int64{calls, late, faults}
		calls, late, faults = s.calls.Load(), s.late.Load(), s.faults.Load()
		c.pace.judge(calls-was[0], late-was[1], faults-was[2])
	}
}

// perOrder is about how long an order keeps a courier, in life.
const perOrder = 15 * time.Minute

// wanted is how many orders come a second: no more than the platform bears and, as
// long as shifts begin, than those on duty can bring.
func (c *City) wanted(since time.Duration) float64 {
	rate := c.options.Orders * c.rush(since)
	if !c.hired.Load() {
		rate = min(rate, max(0.5, float64(c.stats.onDuty.Load())*c.options.Speed/perOrder.Seconds()))
	}
	if c.options.Steady {
		return rate
	}
	return rate * c.pace.now()
}
