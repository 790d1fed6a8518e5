package trackredis

import (
	"context"
	"fmt"
	"strconv"

	"lastmile/shared/geo"
	"lastmile/shared/track"
)

// Near is a courier that is near a place.
type Near struct {
	track.Fix

	// Metres is how far away, as the crow flies.
	Metres float64
}

// MaxNearby is how many couriers [Store.Nearby] finds at the most.
const MaxNearby = 1000

// Nearby returns up to limit couriers within so many metres of a place, the
// nearest first, in one round trip. A fix tells how old it is: whether that is
// too old is for the caller to say.
func (s *Store) Nearby(ctx context.Context, p geo.Point, metres float64, limit int) ([]Near, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	limit = min(max(limit, 1), MaxNearby)
	answer, err := nearbyScript.RunRO(ctx, s.redis, []string{keyNewest, keyPlaces}, p.Lng, p.Lat, metres, limit).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("couriers near %v: %w", p, err)
	}
	near := make([]Near, 0, len(answer)/3)
	for i := 0; i+2 < len(answer); i += 3 {
		f, err := parse(track.CourierID(answer[i]), answer[i+2])
		if err != nil {
			return nil, fmt.Errorf("couriers near %v: %w", p, err)
		}
		distance, err := strconv.ParseFloat(answer[i+1], 64)
		if err != nil {
			return nil, fmt.Errorf("couriers near %v: %w", p, err)
		}
		near = append(near, Near{f, distance})
	}
	return near, nil
}
