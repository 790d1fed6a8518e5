package realtime

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	apart       = 2                // scripts that are answered sooner each by itself; beyond that Redis works less if they go together
	maxTogether = 100              // scripts of one round trip, so that none outlasts the deadline of a slow Redis
	maxWaiting  = 10_000           // scripts that may wait to go together
	tripTimeout = 10 * time.Second // of a round trip that is made for many
)

// pipes runs scripts: a few at once, each on a connection of its own. Those beyond
// go together, one round trip after the other: one of the callers leads, runs what
// waits, and hands the lead on. There is no goroutine.
type pipes struct {
	redis redis.UniversalClient

	mu      sync.Mutex
	alone   int       // scripts that run each by itself; guarded by mu
	led     bool      // somebody has the lead; guarded by mu
	waiting []*errand // guarded by mu
}

// errand is a script that waits. Both channels have room for their only value.
type errand struct {
	call
	lead chan struct{} // the caller is to lead
	done chan outcome  // somebody has led
}

type outcome struct {
	answer answer
	err    error
}

func newPipes(r redis.UniversalClient) *pipes { return &pipes{redis: r} }

// run runs a script, and returns its answer.
func (p *pipes) run(ctx context.Context, s *redis.Script, keys []string, args ...any) (answer, error) {
	own, err := p.join(call{s, keys, args})
	switch {
	case err != nil:
		return nil, err
	case own == nil:
		defer p.leave()
		got, err := s.Run(ctx, p.redis, keys, args...).Slice()
		return got, unavailable(err)
	}
	select {
	case <-own.lead:
		defer p.pass()
		return p.runTogether(ctx, own)
	case o := <-own.done:
		return o.answer, o.err
	case <-ctx.Done():
		p.giveUp(own)
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}

// runAtOnce runs a script whatever else is under way, and does not wait longer than
// limit.
func (p *pipes) runAtOnce(ctx context.Context, limit time.Duration, s *redis.Script, keys []string, args ...any) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := s.Run(ctx, p.redis, keys, args...).Slice()
	return got, unavailable(err)
}

// join returns the errand that waits to go with others, or nil for a script that
// runs by itself until leave.
func (p *pipes) join(c call) (*errand, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.alone < apart:
		p.alone++
		return nil, nil
	case len(p.waiting) >= maxWaiting:
		return nil, fmt.Errorf("%w: %d scripts wait for Redis", ErrUnavailable, maxWaiting)
	}
	e := &errand{c, make(chan struct{}, 1), make(chan outcome, 1)}
	p.waiting = append(p.waiting, e)
	if !p.led {
		p.handOn()
	}
	return e, nil
}

func (p *pipes) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alone--
}

func (p *pipes) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handOn()
}

// handOn gives the lead to who has been waiting longest, if there is anybody; mu
// is held.
func (p *pipes) handOn() {
	p.led = len(p.waiting) > 0
	if p.led {
		p.waiting[0].lead <- struct{}{}
		p.waiting = slices.Delete(p.waiting, 0, 1)
	}
}

// giveUp takes an errand back whose caller does not wait any longer. One that is
// under way is run all the same.
func (p *pipes) giveUp(e *errand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.waiting, e); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	select {
	case <-e.lead:
		p.handOn()
	default:
	}
}

// runTogether runs own and what waits, and tells the others.
func (p *pipes) runTogether(ctx context.Context, own *errand) (answer, error) {
	all := append([]*errand{own}, p.take(maxTogether-1)...)
	calls := make([]call, len(all))
	for i, e := range all {
		calls[i] = e.call
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tripTimeout)
	defer cancel()
	answers := runOnce(ctx, p.redis, calls)
	for i, e := range all[1:] {
		e.done <- outcomeOf(answers[i+1])
	}
	o := outcomeOf(answers[0])
	return o.answer, o.err
}

func (p *pipes) take(most int) []*errand {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(most, len(p.waiting))
	taken := slices.Clone(p.waiting[:n])
	p.waiting = slices.Delete(p.waiting, 0, n)
	return taken
}

func outcomeOf(c *redis.Cmd) outcome {
	got, err := c.Slice()
	return outcome{got, unavailable(err)}
}

// answer is what a script returned.
type answer []any

func (a answer) text(i int) string {
	if i >= len(a) {
		return ""
	}
	if s, ok := a[i].(string); ok {
		return s
	}
	return fmt.Sprint(a[i])
}

func (a answer) number(i int) int64 {
	if i >= len(a) {
		return 0
	}
	switch v := a[i].(type) {
	case int64:
		return v
	case string:
		n, _ := strconv.ParseInt(v, 10, 64)
		return n
	}
	return 0
}
