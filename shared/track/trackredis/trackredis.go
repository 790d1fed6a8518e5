// Package trackredis keeps in Redis where couriers are now.
//
// It owns the keys with the tag {track}: the newest fix of each courier, the geo
// index over them, the pending pieces of trails, and which of all that the
// database has not seen yet. It promises that a batch of fixes is one script
// call, that older fixes never replace newer ones, and that what is drained for
// the database stays until it is dropped.
//
// Redis may forget all of it: couriers report again within seconds, and the
// database has the rest.
package trackredis

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/track"
)

// Store is where couriers are now. It is safe for concurrent use.
type Store struct {
	redis   *redis.Client
	options Options
}

// Options are the knobs of a Store; a zero field stands for its default.
type Options struct {
	// Flush is how long positions wait for the database: 5 s.
	Flush time.Duration

	// Trail is how long pieces of a trail wait for it: 5 min. One write takes all
	// pieces of an order.
	Trail time.Duration
}

// New returns a Store in r.
func New(r *redis.Client, o Options) *Store {
	if o.Flush == 0 {
		o.Flush = 5 * time.Second
	}
	if o.Trail == 0 {
		o.Trail = 5 * time.Minute
	}
	return &Store{redis: r, options: o}
}

// All keys are in one slot of a cluster.
const (
	keyNewest = "{track}:newest" // hash: courier to value
	keyPlaces = "{track}:places" // geo index of couriers
	keyDirty  = "{track}:dirty"  // set: couriers that the database has not seen
	keyFlush  = "{track}:flush"  // when the next drain is due, in milliseconds
	keyTrails = "{track}:trails" // sorted set: orders by the time of their oldest piece
	keyDrains = "{track}:drains" // sorted set: batches by the time they were drained
	keyCursor = "{track}:cursor" // how far Forget has come

	prefixTrail = "{track}:trail:"    // list per order: pieces
	prefixDrain = "{track}:draining:" // set per batch: couriers; with ":trails" a list of orders and pieces
)

// callTimeout ends a call whose context has no sooner deadline.
const callTimeout = 2 * time.Second

//go:embed *.lua
var scripts embed.FS

// script returns the script in a file of this package. It runs by its hash, and
// is sent in full only to a Redis that does not know it.
func script(name string) *redis.Script {
	text, err := scripts.ReadFile(name + ".lua")
	if err != nil {
		panic(err) // not in the binary that was tested
	}
	return redis.NewScript(string(text))
}

var (
	keepScript   = script("keep")
	nearbyScript = script("nearby")
	forgetScript = script("forget")
)

// Newest returns the newest fixes of those couriers that are known, in one round
// trip.
func (s *Store) Newest(ctx context.Context, couriers ...track.CourierID) ([]track.Fix, error) {
	if len(couriers) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	fields := make([]string, len(couriers))
	for i, c := range couriers {
		fields[i] = string(c)
	}
	values, err := s.redis.HMGet(ctx, keyNewest, fields...).Result()
	if err != nil {
		return nil, fmt.Errorf("newest positions of %d couriers: %w", len(couriers), err)
	}
	fixes, err := parseAll(couriers, values)
	if err != nil {
		return nil, fmt.Errorf("newest positions: %w", err)
	}
	return fixes, nil
}

// parseAll returns the fixes of those couriers that have a value.
func parseAll(couriers []track.CourierID, values []any) ([]track.Fix, error) {
	fixes := make([]track.Fix, 0, len(values))
	for i, v := range values {
		text, ok := v.(string)
		if !ok {
			continue
		}
		f, err := parse(couriers[i], text)
		if err != nil {
			return nil, err
		}
		fixes = append(fixes, f)
	}
	return fixes, nil
}
