package realtime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// Instance is one gateway that runs.
type Instance struct {
	Name  string
	Until time.Time // when its lease ends, unless it is renewed before
	Held  int       // clients, roles and topics that it holds connections of
}

// maxInstances bounds a list of them.
const maxInstances = 500

// Instances returns the gateways that run, by name. It returns [ErrUnavailable].
func (p *Publisher) Instances(ctx context.Context) ([]Instance, error) {
	live, err := p.redis.ZRangeByScoreWithScores(ctx, p.keys.live(), &redis.ZRangeBy{Min: millis(p.options.Now()), Max: "+inf", Count: maxInstances}).Result()
	if err := unavailable(err); err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	found := make([]Instance, len(live))
	for i, z := range live {
		found[i] = Instance{Name: z.Member.(string), Until: time.UnixMilli(int64(z.Score)).UTC()}
	}
	slices.SortFunc(found, func(a, b Instance) int { return cmp.Compare(a.Name, b.Name) })
	if err := p.countHeld(ctx, found); err != nil {
		return nil, fmt.Errorf("count what instances hold: %w", err)
	}
	return found, nil
}

// countHeld asks all partitions in one round trip.
func (p *Publisher) countHeld(ctx context.Context, all []Instance) error {
	if len(all) == 0 {
		return nil
	}
	counts := make([][partitions]*redis.IntCmd, len(all))
	_, err := p.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := range all {
			for part := range partitions {
				counts[i][part] = pipe.SCard(ctx, p.keys.held(part, all[i].Name))
			}
		}
		return nil
	})
	for i := range all {
		for _, c := range counts[i] {
			all[i].Held += int(c.Val())
		}
	}
	return unavailable(err)
}
