package trackredis

import (
	"context"
	"fmt"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/track"
)

// MaxFixes is how many fixes [Store.Keep] takes at once.
const MaxFixes = 1000

// maxTrails bounds the orders of one drain; those left wait for the next.
const maxTrails = 256

// Keep takes fixes in, in one script call, and returns how many couriers have a
// newer position than before. If the positions have been waiting for the database
// for long enough, it also begins a drain, and returns its batch: exactly one
// caller gets it, publishes it and drops it. Without fixes it does only that.
func (s *Store) Keep(ctx context.Context, now time.Time, fixes ...track.Fix) (newer int, batch string, err error) {
	if len(fixes) > MaxFixes {
		return 0, "", fmt.Errorf("keep %d fixes: at most %d at once", len(fixes), MaxFixes)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	batch = string(event.NewID())
	keys, args := s.call(now, batch, newestOf(fixes), track.Pieces(fixes...))
	answer, err := keepScript.Run(ctx, s.redis, keys, args...).Int64Slice()
	if err == nil && len(answer) != 2 {
		err = fmt.Errorf("unexpected answer %v", answer)
	}
	if err != nil {
		return 0, "", fmt.Errorf("keep %d fixes: %w", len(fixes), err)
	}
	if answer[1] == 0 {
		batch = ""
	}
	return int(answer[0]), batch, nil
}

// call returns the keys and arguments of keep.lua.
func (s *Store) call(now time.Time, batch string, newest []track.Fix, pieces []track.Piece) ([]string, []any) {
	keys := append(make([]string, 0, 8+len(pieces)), keyNewest, keyPlaces, keyDirty, keyFlush, keyTrails, keyDrains,
		drainKey(batch), drainTrailsKey(batch))
	args := append(make([]any, 0, 7+5*len(newest)+2*len(pieces)), now.UnixMilli(), s.options.Flush.Milliseconds(),
		s.options.Trail.Milliseconds(), batch, prefixTrail, maxTrails, len(newest))
	couriers := make([]any, len(newest))
	for i, f := range newest {
		couriers[i] = string(f.Courier)
	}
	args = append(args, couriers...)
	for i, f := range newest {
		args = append(args, couriers[i], appendValue(make([]byte, 0, valueSize), f))
	}
	for i, f := range newest {
		args = append(args, f.Cell(), couriers[i])
	}
	for _, p := range pieces {
		keys = append(keys, prefixTrail+string(p.Order))
		args = append(args, string(p.Order), encode(p))
	}
	return keys, args
}

// newestOf returns the newest of each courier, in the order of their first fix.
func newestOf(fixes []track.Fix) []track.Fix {
	if len(fixes) == 1 {
		return fixes
	}
	at := make(map[track.CourierID]int, len(fixes))
	newest := make([]track.Fix, 0, len(fixes))
	for _, f := range fixes {
		i, ok := at[f.Courier]
		switch {
		case !ok:
			at[f.Courier] = len(newest)
			newest = append(newest, f)
		case f.Compare(newest[i]) > 0:
			newest[i] = f
		}
	}
	return newest
}
