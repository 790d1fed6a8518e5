package realtime

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// busy is how many scripts in flight make it worth to share a connection: below
// that a connection of its own answers sooner, above that Redis works less.
const busy = 8

// pipes runs scripts by the way that suits what is in flight.
type pipes struct {
	redis    redis.UniversalClient
	inFlight atomic.Int64

	once   sync.Once
	shared redis.Scripter // that batches; the client itself if there is none
}

func newPipes(r redis.UniversalClient) *pipes { return &pipes{redis: r, shared: r} }

func (p *pipes) run(ctx context.Context, s *redis.Script, keys []string, args ...any) (answer, error) {
	way := redis.Scripter(p.redis)
	if p.inFlight.Add(1) > busy {
		way = p.batching()
	}
	defer p.inFlight.Add(-1)
	got, err := s.Run(ctx, way, keys, args...).Slice()
	return got, unavailable(err)
}

// batching opens the shared way when it is first needed; it ends with the client.
func (p *pipes) batching() redis.Scripter {
	p.once.Do(func() {
		c, single := p.redis.(*redis.Client)
		if !single {
			return
		}
		if shared, err := c.AutoPipeline(); err == nil {
			p.shared = shared
		}
	})
	return p.shared
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
