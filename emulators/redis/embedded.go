package redis

import (
	"context"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// tick is how often the clock of miniredis, which stands still, is moved.
const tick = 50 * time.Millisecond

// embedded is miniredis with a moving clock.
type embedded struct {
	redis  *miniredis.Miniredis
	stop   chan struct{}
	ticker sync.WaitGroup
}

func (e *embedded) kind() string  { return "miniredis" }
func (e *embedded) lasting() bool { return false }

func (e *embedded) start(_ context.Context, addr string) (string, error) {
	if e.redis == nil {
		e.redis = miniredis.NewMiniRedis()
	}
	if err := e.redis.StartAddr(addr); err != nil {
		return "", err
	}
	running, stop := e.redis, make(chan struct{})
	e.stop = stop
	e.ticker.Go(func() { move(running, stop) })
	return e.redis.Addr(), nil
}

// move lets time pass in r, so that keys expire, until stop is closed.
func move(r *miniredis.Miniredis, stop <-chan struct{}) {
	t := time.NewTicker(tick)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case now := <-t.C:
			r.FastForward(now.Sub(last))
			last = now
		case <-stop:
			return
		}
	}
}

func (e *embedded) kill(keep bool) error {
	if e.stop == nil {
		return nil
	}
	close(e.stop)
	e.stop = nil
	e.ticker.Wait()
	e.redis.Close()
	if !keep {
		e.redis = nil
	}
	return nil
}

func (e *embedded) close() error { return e.kill(false) }
