package intake

import (
	"context"
	"errors"
	"slices"
	"sync"

	"lastmile/shared/track"
)

// ErrBusy is returned while more fixes are waiting than can be kept.
var ErrBusy = errors.New("too many fixes are waiting; send them again in a second")

const (
	maxTogether = 500    // fixes that one keep takes
	maxWaiting  = 20_000 // fixes in the queue; more are refused with ErrBusy
)

// gather makes one keep of the calls that come while another is under way. The
// first caller leads: it keeps for all that wait, and hands the lead on. A call
// that comes alone does not wait, and there is no goroutine.
type gather struct {
	keep func(ctx context.Context, fixes []track.Fix) (batch string, err error)

	mu      sync.Mutex
	led     bool    // guarded by mu; somebody has the lead
	waiting []*call // guarded by mu
	fixes   int     // guarded by mu; how many are waiting
}

// call is one caller's part. Both channels have room for their only value.
type call struct {
	fixes []track.Fix
	lead  chan struct{} // the caller is to lead
	done  chan error    // somebody has led
}

// do keeps fixes, together with those of others. The batch of a drain goes to
// the caller that led.
func (g *gather) do(ctx context.Context, fixes []track.Fix) (batch string, err error) {
	c := &call{fixes, make(chan struct{}, 1), make(chan error, 1)}
	if err := g.join(c); err != nil {
		return "", err
	}
	select {
	case <-c.lead:
		return g.lead(ctx, c)
	case err := <-c.done:
		return "", err
	case <-ctx.Done():
		g.leave(c)
		return "", ctx.Err()
	}
}

func (g *gather) join(c *call) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fixes+len(c.fixes) > maxWaiting {
		return ErrBusy
	}
	g.waiting = append(g.waiting, c)
	g.fixes += len(c.fixes)
	if !g.led {
		g.pass()
	}
	return nil
}

// pass gives the lead to the call that has been waiting longest, if there is
// one. Called with mu held.
func (g *gather) pass() {
	g.led = len(g.waiting) > 0
	if g.led {
		g.waiting[0].lead <- struct{}{}
	}
}

// lead keeps what is waiting, own first.
func (g *gather) lead(ctx context.Context, own *call) (string, error) {
	calls, fixes := g.take()
	batch, err := g.keep(context.WithoutCancel(ctx), fixes)
	for _, c := range calls {
		if c != own {
			c.done <- err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass()
	return batch, err
}

// take removes what fits one keep from the queue, at least the first call.
func (g *gather) take() (calls []*call, fixes []track.Fix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n, c := range g.waiting {
		if n > 0 && len(fixes)+len(c.fixes) > maxTogether {
			break
		}
		calls, fixes = append(calls, c), append(fixes, c.fixes...)
	}
	g.waiting = slices.Delete(g.waiting, 0, len(calls))
	g.fixes -= len(fixes)
	return calls, fixes
}

// leave takes a call back whose caller does not wait any longer. If it has been
// taken already, its fixes are kept all the same.
func (g *gather) leave(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := slices.Index(g.waiting, c); n >= 0 {
		g.waiting = slices.Delete(g.waiting, n, n+1)
		g.fixes -= len(c.fixes)
	}
	select {
	case <-c.lead:
		g.pass()
	default:
	}
}
