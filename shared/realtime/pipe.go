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
	apart       = 2                // round trips that are answered sooner each by itself; beyond that Redis works less if they go together
	maxTogether = 100              // of one round trip, so that none outlasts the deadline of a slow Redis
	maxWaiting  = 10_000           // that may wait to go together
	tripTimeout = 10 * time.Second // of a round trip that is made for many
)

// pipes makes round trips to Redis: a few at once, each on a connection of its own.
// Those beyond go together, one after the other: one of the callers leads, takes
// along what waits, and hands the lead on. There is no goroutine.
type pipes struct {
	redis redis.UniversalClient

	mu      sync.Mutex
	alone   int       // that are under way each by itself; guarded by mu
	led     bool      // somebody has the lead; guarded by mu
	waiting []*errand // guarded by mu
}

// errand is what somebody wants of Redis who waits. Both channels have room for
// their only value.
type errand struct {
	add  func(redis.Pipeliner)
	lead chan struct{} // the caller is to lead
	done chan struct{} // somebody has led
}

func newPipes(r redis.UniversalClient) *pipes { return &pipes{redis: r} }

// run runs a script, and returns its answer.
func (p *pipes) run(ctx context.Context, s *redis.Script, keys []string, args ...any) (answer, error) {
	var cmd *redis.Cmd
	own, err := p.join(func(pipe redis.Pipeliner) { cmd = s.EvalSha(ctx, pipe, keys, args...) })
	switch {
	case err != nil:
		return nil, err
	case own == nil:
		defer p.leave()
		cmd = s.EvalSha(ctx, p.redis, keys, args...)
	default:
		if err := p.wait(ctx, own); err != nil {
			return nil, err
		}
	}
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		cmd = s.Eval(ctx, p.redis, keys, args...)
	}
	got, err := cmd.Slice()
	return got, unavailable(err)
}

// runAtOnce runs a script whatever else is under way, and does not wait longer than
// limit.
func (p *pipes) runAtOnce(ctx context.Context, limit time.Duration, s *redis.Script, keys []string, args ...any) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := s.Run(ctx, p.redis, keys, args...).Slice()
	return got, unavailable(err)
}

// do makes a round trip with the commands that add adds, each of which then has
// its answer or its error. After an error of do they are nobody's to look at.
func (p *pipes) do(ctx context.Context, add func(redis.Pipeliner)) error {
	own, err := p.join(add)
	switch {
	case err != nil:
		return err
	case own == nil:
		defer p.leave()
		p.trip(ctx, add)
		return nil
	}
	return p.wait(ctx, own)
}

// wait returns when an errand has been run, by its caller or by another.
func (p *pipes) wait(ctx context.Context, own *errand) error {
	select {
	case <-own.lead:
		defer p.pass()
		p.tripTogether(ctx, own)
		return nil
	case <-own.done:
		return nil
	case <-ctx.Done():
		p.giveUp(own)
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}

// join returns the errand that waits to go with others, or nil for one that goes by
// itself until leave.
func (p *pipes) join(add func(redis.Pipeliner)) (*errand, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.alone < apart:
		p.alone++
		return nil, nil
	case len(p.waiting) >= maxWaiting:
		return nil, fmt.Errorf("%w: %d wait for Redis", ErrUnavailable, maxWaiting)
	}
	e := &errand{add, make(chan struct{}, 1), make(chan struct{}, 1)}
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

// tripTogether makes a round trip for own and what waits, and tells the others.
func (p *pipes) tripTogether(ctx context.Context, own *errand) {
	all := append([]*errand{own}, p.take(maxTogether-1)...)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tripTimeout)
	defer cancel()
	p.trip(ctx, func(pipe redis.Pipeliner) {
		for _, e := range all {
			e.add(pipe)
		}
	})
	for _, e := range all[1:] {
		e.done <- struct{}{}
	}
}

// trip makes one round trip. Each command has its own error.
func (p *pipes) trip(ctx context.Context, add func(redis.Pipeliner)) {
	pipe := p.redis.Pipeline()
	add(pipe)
	_, _ = pipe.Exec(ctx)
}

func (p *pipes) take(most int) []*errand {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(most, len(p.waiting))
	taken := slices.Clone(p.waiting[:n])
	p.waiting = slices.Delete(p.waiting, 0, n)
	return taken
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
