package assign

import (
	"slices"
	"time"
)

// route is the trips of a courier one after the other.
type route struct {
	trips   []trip
	timings []timing // of each trip
	cost    time.Duration
}

// spot is a way to carry one more order: a trip at a place in a route, before
// what is there or replacing it.
type spot struct {
	courier, at int
	replaces    int // 1 for a trip that the order joins
	trip        trip
	adds        time.Duration // what the order costs there
}

// ridden returns the route of courier c who rides these trips.
func (p *problem) ridden(c int, trips []trip) route {
	r := route{trips: trips, timings: make([]timing, len(trips))}
	start, last := p.couriers[c].free, -1
	for i := range trips {
		r.timings[i] = p.ride(c, last, start, &trips[i])
		r.cost += r.timings[i].cost
		start, last = r.timings[i].done, trips[i].last()
	}
	return r
}

// cost returns what the trips cost when courier c rides them; never when one of
// them cannot be made.
func (p *problem) cost(c int, trips []trip) time.Duration {
	var sum time.Duration
	start, last := p.couriers[c].free, -1
	for i := range trips {
		t := p.ride(c, last, start, &trips[i])
		if t.cost >= never {
			return never
		}
		sum += t.cost
		start, last = t.done, trips[i].last()
	}
	return sum
}

// with returns the route of the spot's courier with the spot's trip.
func (pl *plan) with(s spot) route {
	trips := pl.routes[s.courier].trips
	return pl.ridden(s.courier, slices.Concat(trips[:s.at], []trip{s.trip}, trips[s.at+s.replaces:]))
}

// added returns what the spot makes its route dearer by, or never if that is not
// less than limit: what comes later in the route only becomes dearer.
func (pl *plan) added(s *spot, limit time.Duration) time.Duration {
	r := &pl.routes[s.courier]
	start, last := pl.couriers[s.courier].free, -1
	if s.at > 0 {
		start, last = r.timings[s.at-1].done, r.trips[s.at-1].last()
	}
	t := pl.ride(s.courier, last, start, &s.trip)
	adds := t.cost
	if s.replaces > 0 {
		adds -= r.timings[s.at].cost
	}
	if t.cost >= never || adds >= limit {
		return never
	}
	start, last = t.done, s.trip.last()
	for i := s.at + s.replaces; i < len(r.trips); i++ {
		t := pl.ride(s.courier, last, start, &r.trips[i])
		if t.cost >= never {
			return never
		}
		adds += t.cost - r.timings[i].cost
		if t.done == r.timings[i].done {
			break
		}
		start, last = t.done, r.trips[i].last()
	}
	return adds
}

// remove returns the trips without the order.
func remove(trips []trip, order int) []trip {
	rest := make([]trip, 0, len(trips))
	for _, t := range trips {
		if at := slices.Index(t.stops(), order); at >= 0 {
			t = t.without(at)
		}
		if t.n > 0 {
			rest = append(rest, t)
		}
	}
	return rest
}
