package assignredis

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/assign"
)

const (
	// maxRecent bounds how many orders are remembered of a zone, the newest.
	maxRecent = 500

	// recentKept is how long they are remembered: longer than anybody looks back.
	recentKept = 2 * time.Hour
)

func recentKey(zone string) string { return "assign:recent:{" + zone + "}" }

// Remember notes what an order asks of its courier, by when it was placed.
func (s *Store) Remember(ctx context.Context, o assign.Order) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("remember order %s: %w", o.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	key := recentKey(o.Zone)
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZAdd(ctx, key, redis.Z{Score: float64(o.Placed.UnixMilli()), Member: text})
		p.ZRemRangeByRank(ctx, key, 0, -maxRecent-1)
		p.Expire(ctx, key, recentKept)
		return nil
	})
	if err != nil {
		return fmt.Errorf("remember order %s: %w", o.ID, err)
	}
	return nil
}

// Recent returns up to limit orders that were placed in a zone after a time, the
// newest first.
func (s *Store) Recent(ctx context.Context, zone string, after time.Time, limit int) ([]assign.Order, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	texts, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: recentKey(zone), ByScore: true, Rev: true,
		Start: "+inf", Stop: "(" + strconv.FormatInt(after.UnixMilli(), 10), Count: int64(limit),
	}).Result()
	if err != nil {
		return nil, fmt.Errorf("recent orders of zone %s: %w", zone, err)
	}
	orders := make([]assign.Order, len(texts))
	for i, text := range texts {
		if err := json.Unmarshal([]byte(text), &orders[i]); err != nil {
			return nil, fmt.Errorf("recent orders of zone %s: %w", zone, err)
		}
	}
	return orders, nil
}
