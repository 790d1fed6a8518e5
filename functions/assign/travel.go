package assign

import (
	"context"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/geo"
	"lastmile/shared/road/roadhttp"
)

const (
	// metresPerSecond is the speed along the straight line where roads are not
	// known.
	metresPerSecond = 5

	// unreachable is a way that nobody goes.
	unreachable = 24 * time.Hour
)

// roads are times on the road, asked of the distance service in few calls.
type roads map[[2]geo.Point]time.Duration

// Time implements [assign.Travel]. What was not asked for is guessed.
func (r roads) Time(from, to geo.Point) time.Duration {
	if d, ok := r[[2]geo.Point{from, to}]; ok {
		return d
	}
	return assign.Straight(metresPerSecond).Time(from, to)
}

// travel returns the times from couriers and doors to shops, and from shops to
// doors, and whether they are guesses.
func (f *Function) travel(ctx context.Context, orders []assign.Order, couriers []assign.Courier) (assign.Travel, bool, error) {
	var starts, shops, doors []geo.Point
	for _, o := range orders {
		shops, doors = append(shops, o.Pickup), append(doors, o.Dropoff)
	}
	for _, c := range couriers {
		starts = append(starts, c.At)
	}
	if len(orders) > 1 {
		starts = append(starts, doors...)
	}
	known := roads{}
	if len(orders) == 1 {
		guessed, err := f.ask(ctx, known, append(unique(starts), shops[0]), []geo.Point{shops[0], doors[0]})
		return known, guessed, err
	}
	to, err := f.ask(ctx, known, unique(starts), unique(shops))
	if err != nil {
		return known, to, err
	}
	from, err := f.ask(ctx, known, unique(shops), unique(doors))
	return known, to || from, err
}

// ask adds the times between places to known.
func (f *Function) ask(ctx context.Context, known roads, from, to []geo.Point) (guessed bool, err error) {
	rows, err := f.Roads.Table(ctx, from, to)
	if err != nil {
		return false, err
	}
	if !anyReachable(rows) {
		return true, nil // the map does not cover the place
	}
	for i, row := range rows {
		for j, leg := range row {
			guessed = guessed || leg.Estimated
			known[[2]geo.Point{from[i], to[j]}] = duration(leg)
		}
	}
	return guessed, nil
}

func duration(leg roadhttp.Leg) time.Duration {
	if !leg.Reachable {
		return unreachable
	}
	return leg.Duration.Round(time.Second)
}

// anyReachable reports whether there is a way other than from a place to itself.
func anyReachable(rows [][]roadhttp.Leg) bool {
	for _, row := range rows {
		for _, leg := range row {
			if leg.Reachable && leg.Duration > 0 {
				return true
			}
		}
	}
	return false
}

func unique(points []geo.Point) []geo.Point {
	seen := make(map[geo.Point]bool, len(points))
	var all []geo.Point
	for _, p := range points {
		if !seen[p] {
			seen[p] = true
			all = append(all, p)
		}
	}
	return all
}
