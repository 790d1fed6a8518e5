package trackredis

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/track"
)

// drainTimeout ends the reading of a drain, which may be large.
const drainTimeout = 10 * time.Second

func drainKey(batch string) string { return prefixDrain + batch }

func drainTrailsKey(batch string) string { return prefixDrain + batch + ":trails" }

// Drain returns what a batch owes the database: the positions of the couriers
// that moved, as they are now, and pieces of trails. It is nothing if the batch
// was dropped.
func (s *Store) Drain(ctx context.Context, batch string) (positions []track.Fix, pieces []track.Piece, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	var couriers, texts *redis.StringSliceCmd
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		couriers = p.SMembers(ctx, drainKey(batch))
		texts = p.LRange(ctx, drainTrailsKey(batch), 0, -1)
		return nil
	})
	if err == nil {
		pieces, err = decodeAll(texts.Val())
	}
	if err == nil {
		positions, err = s.positions(ctx, couriers.Val())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("drain %s: %w", batch, err)
	}
	return positions, pieces, nil
}

// positions reads many couriers a thousand at a time, so that nobody waits long
// for Redis meanwhile.
func (s *Store) positions(ctx context.Context, couriers []string) ([]track.Fix, error) {
	if len(couriers) == 0 {
		return nil, nil
	}
	var pages []*redis.SliceCmd
	chunks := slices.Collect(slices.Chunk(couriers, MaxFixes))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, chunk := range chunks {
			pages = append(pages, p.HMGet(ctx, keyNewest, chunk...))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var fixes []track.Fix
	for i, page := range pages {
		ids := make([]track.CourierID, len(chunks[i]))
		for j, c := range chunks[i] {
			ids[j] = track.CourierID(c)
		}
		found, err := parseAll(ids, page.Val())
		if err != nil {
			return nil, err
		}
		fixes = append(fixes, found...)
	}
	return fixes, nil
}

// decodeAll reads orders and pieces in turn.
func decodeAll(texts []string) ([]track.Piece, error) {
	var pieces []track.Piece
	for i := 0; i+1 < len(texts); i += 2 {
		p, err := decode(track.OrderID(texts[i]), texts[i+1])
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	return track.Join(pieces...), nil
}

// Drop forgets a batch: the database is about to have it for certain.
func (s *Store) Drop(ctx context.Context, batch string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Del(ctx, drainKey(batch), drainTrailsKey(batch))
		p.ZRem(ctx, keyDrains, batch)
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop drain %s: %w", batch, err)
	}
	return nil
}

// Stale returns up to limit batches that were drained before a time and have not
// been dropped, the oldest first: whoever drained them may be dead.
func (s *Store) Stale(ctx context.Context, before time.Time, limit int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	batches, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: keyDrains, ByScore: true, Start: "-inf", Stop: "(" + strconv.FormatInt(before.UnixMilli(), 10), Count: int64(limit),
	}).Result()
	if err != nil {
		return nil, fmt.Errorf("stale drains: %w", err)
	}
	return batches, nil
}

// forgetPage is how many couriers one call of Forget looks at.
const forgetPage = 1000

// Forget looks at some couriers, further on with every call, and forgets those
// whose last fix is from before a time. It returns how many.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	bound := fmt.Sprintf("%0*d", track.Digits[0], before.UnixMilli())
	n, err := forgetScript.Run(ctx, s.redis, []string{keyNewest, keyPlaces, keyCursor}, bound, forgetPage).Int()
	if err != nil {
		return 0, fmt.Errorf("forget couriers: %w", err)
	}
	return n, nil
}
