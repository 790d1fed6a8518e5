package assign

import (
	"context"
	"slices"
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

	// maxWays bounds how many ways are asked for in one call.
	maxWays = 200_000
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

// places are where ways of a round begin and end.
type places struct {
	couriers, shops, doors []geo.Point

	// shared are doors from which a trip may go on to another of the same shop.
	shared []geo.Point
}

func placesOf(r assign.Round) places {
	var p places
	last := map[string]geo.Point{} // the door of a shop's last order so far
	for _, o := range slices.Concat(r.Orders, r.Expected) {
		p.shops, p.doors = append(p.shops, o.Pickup), append(p.doors, o.Dropoff)
		if door, again := last[o.Shop]; again {
			p.shared = append(p.shared, door, o.Dropoff)
		}
		last[o.Shop] = o.Dropoff
	}
	for _, c := range r.Couriers {
		p.couriers = append(p.couriers, c.At)
	}
	return p
}

// travel returns the times of the ways in a round, and whether they are guesses:
// to the shops from couriers and from doors, and to the doors from shops and from
// doors of the same shop. For one order it is one call.
func (f *Function) travel(ctx context.Context, r assign.Round) (assign.Travel, bool, error) {
	known, p := roads{}, placesOf(r)
	if len(p.shops) == 1 {
		guessed, err := f.ask(ctx, known, slices.Concat(p.couriers, p.shops), slices.Concat(p.shops, p.doors))
		return known, guessed, err
	}
	to, err := f.ask(ctx, known, slices.Concat(p.couriers, p.doors), p.shops)
	if err != nil {
		return known, to, err
	}
	from, err := f.ask(ctx, known, slices.Concat(p.shops, p.shared), p.doors)
	return known, to || from, err
}

// ask adds the times between places to known, in as many calls as it takes.
func (f *Function) ask(ctx context.Context, known roads, from, to []geo.Point) (guessed bool, err error) {
	from, to = unique(from), unique(to)
	for some := range slices.Chunk(from, max(maxWays/len(to), 1)) {
		rows, err := f.Roads.Table(ctx, some, to)
		if err != nil {
			return guessed, err
		}
		guessed = known.add(rows, some, to) || guessed
	}
	return guessed, nil
}

// add notes what the distance service knows, and reports whether it is guessed: by
// that, or because its map does not cover the place.
func (r roads) add(rows [][]roadhttp.Leg, from, to []geo.Point) (guessed bool) {
	if !anyReachable(rows) {
		return true
	}
	for i, row := range rows {
		for j, leg := range row {
			guessed = guessed || leg.Estimated
			r[[2]geo.Point{from[i], to[j]}] = duration(leg)
		}
	}
	return guessed
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
