// Package assignredis remembers in Redis what keeps rounds from getting in each
// other's way, and what they expect.
//
// It owns the keys assign:asked:{courier}, assign:round:{zone} and
// assign:recent:{zone}. It may forget: then a courier has two offers at once, or a
// zone two rounds, of which the database takes one, or a round expects nobody.
package assignredis

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Store is what Redis remembers of rounds. It is safe for concurrent use.
type Store struct{ redis *redis.Client }

// New returns a Store in r.
func New(r *redis.Client) *Store { return &Store{r} }

// callTimeout ends a call: a hint is worth a short wait only.
const callTimeout = time.Second

func askedKey(courier string) string { return "assign:asked:{" + courier + "}" }

// Ask notes that couriers have an offer until it expires.
func (s *Store) Ask(ctx context.Context, order string, until time.Duration, couriers ...string) error {
	if until <= 0 || len(couriers) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, c := range couriers {
			p.Set(ctx, askedKey(c), order, until)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note who was asked for order %s: %w", order, err)
	}
	return nil
}

// Free notes that couriers have no offer any more.
func (s *Store) Free(ctx context.Context, couriers ...string) error {
	if len(couriers) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, c := range couriers {
			p.Del(ctx, askedKey(c))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note who is not asked: %w", err)
	}
	return nil
}

// Asked returns the couriers among these who have an offer, in one round trip.
func (s *Store) Asked(ctx context.Context, couriers ...string) (map[string]bool, error) {
	asked := make(map[string]bool, len(couriers))
	if len(couriers) == 0 {
		return asked, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found := make([]*redis.IntCmd, len(couriers))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range couriers {
			found[i] = p.Exists(ctx, askedKey(c))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("who of %d couriers is asked: %w", len(couriers), err)
	}
	for i, c := range couriers {
		asked[c] = found[i].Val() > 0
	}
	return asked, nil
}

// Lease reports whether the caller may make a zone's round of this number: one
// caller may.
func (s *Store) Lease(ctx context.Context, zone string, round int, lasts time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	key := fmt.Sprintf("assign:round:{%s}:%d", zone, round)
	ok, err := s.redis.SetNX(ctx, key, 1, lasts).Result()
	if err != nil {
		return false, fmt.Errorf("lease of round %d of zone %s: %w", round, zone, err)
	}
	return ok, nil
}
