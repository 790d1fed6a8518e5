package assign

import (
	"cmp"
	"slices"
	"time"

	"lastmile/shared/assign/matching"
)

// plan is who carries what in which sequence, as far as is known now. Only the
// first trips that are due become offers; the rest is planned anew in the next
// round.
type plan struct {
	*problem
	routes  []route // of each courier
	waiting []int   // orders that nobody can carry
	scratch []trip
}

// route is the trips of a courier one after the other.
type route struct {
	trips []trip
	cost  time.Duration
}

// spot is a place in a route: before trip, or at a stop within it.
type spot struct {
	courier, trip, stop int
	cost                time.Duration // what the order adds there
}

const newTrip = -1

// passes bounds how often the plan is improved.
const passes = 8

func newPlan(p *problem) *plan {
	pl := &plan{problem: p, routes: make([]route, len(p.couriers))}
	for _, o := range p.urgentFirst() {
		pl.insert(o)
	}
	for range passes {
		better := pl.reinsert()
		if !pl.exchange() && !better {
			break
		}
	}
	return pl
}

// urgentFirst returns the orders to plan by the time they are ready, those that
// are only expected last.
func (p *problem) urgentFirst() []int {
	var numbers []int
	for o := range p.orders {
		if p.orders[o].open {
			numbers = append(numbers, o)
		}
	}
	slices.SortStableFunc(numbers, func(a, b int) int { return compare(&p.orders[a], &p.orders[b]) })
	return numbers
}

func compare(a, b *job) int {
	if a.expected != b.expected {
		if a.expected {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.ready, b.ready)
}

// insert puts an order where it costs least.
func (pl *plan) insert(order int) {
	s, ok := pl.cheapest(order)
	if !ok {
		pl.waiting = append(pl.waiting, order)
		return
	}
	r := &pl.routes[s.courier]
	r.trips = slices.Clone(pl.put(r.trips, order, s))
	r.cost += s.cost
}

// put returns the trips with the order at s, in scratch.
func (pl *plan) put(trips []trip, order int, s spot) []trip {
	if s.stop == newTrip {
		pl.scratch = append(pl.scratch[:0], trips[:s.trip]...)
		pl.scratch = append(pl.scratch, trip{n: 1, orders: [mostInTrip]int{order}})
		pl.scratch = append(pl.scratch, trips[s.trip:]...)
		return pl.scratch
	}
	pl.scratch = append(pl.scratch[:0], trips...)
	pl.scratch[s.trip] = trips[s.trip].with(order, s.stop)
	return pl.scratch
}

// cheapest returns where the order adds least.
func (pl *plan) cheapest(order int) (best spot, found bool) {
	best.cost = never
	for c := range pl.couriers {
		if !pl.may[order*len(pl.couriers)+c] {
			continue
		}
		trips := pl.routes[c].trips
		for k := range len(trips) + 1 {
			pl.try(order, spot{courier: c, trip: k, stop: newTrip}, &best)
		}
		for k := range trips {
			if !pl.joins(c, order, &trips[k]) {
				continue
			}
			for stop := range trips[k].n + 1 {
				pl.try(order, spot{courier: c, trip: k, stop: stop}, &best)
			}
		}
	}
	return best, best.cost < never
}

// joins reports whether the order may be carried with the trip's.
func (pl *plan) joins(c, order int, t *trip) bool {
	first, o := &pl.orders[t.orders[0]], &pl.orders[order]
	return t.n < pl.cfg.Bundle && first.shop == o.shop && first.expected == o.expected && pl.fits(c, t, order)
}

// try keeps s in best if the order adds less there.
func (pl *plan) try(order int, s spot, best *spot) {
	r := &pl.routes[s.courier]
	if s.stop == newTrip && !pl.fits(s.courier, &trip{}, order) {
		return
	}
	cost := pl.cost(s.courier, pl.put(r.trips, order, s))
	s.cost = cost - r.cost
	if cost < never && s.cost < best.cost {
		*best = s
	}
}

// cost returns what the trips cost when courier c rides them.
func (p *problem) cost(c int, trips []trip) time.Duration {
	var sum time.Duration
	at, last := p.couriers[c].free, -1
	for i := range trips {
		r := p.ride(c, last, at, &trips[i])
		if r.cost >= never {
			return never
		}
		sum += r.cost
		at, last = r.done, trips[i].orders[trips[i].n-1]
	}
	return sum
}

// reinsert takes every order out and puts it where it then costs least. It
// reports whether the plan became cheaper.
func (pl *plan) reinsert() bool {
	better := false
	for c := range pl.routes {
		for _, o := range pl.carried(c) {
			better = pl.move(c, o) || better
		}
	}
	waiting := pl.waiting
	pl.waiting = nil
	for _, o := range waiting {
		pl.insert(o)
	}
	return better || len(pl.waiting) < len(waiting)
}

func (pl *plan) carried(c int) []int {
	var orders []int
	for _, t := range pl.routes[c].trips {
		orders = append(orders, t.stops()...)
	}
	return orders
}

// move puts an order of courier c elsewhere, if that saves anything.
func (pl *plan) move(c, order int) bool {
	before := pl.routes[c]
	pl.routes[c].trips = remove(before.trips, order)
	pl.routes[c].cost = pl.cost(c, pl.routes[c].trips)
	saved := before.cost - pl.routes[c].cost
	s, ok := pl.cheapest(order)
	if !ok || s.cost >= saved {
		pl.routes[c] = before
		return false
	}
	r := &pl.routes[s.courier]
	r.trips = slices.Clone(pl.put(r.trips, order, s))
	r.cost += s.cost
	return true
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

// exchange gives the routes to the couriers for whom their sum is least. It
// reports whether that saved anything.
func (pl *plan) exchange() bool {
	var owners []int
	var rows []matching.Row
	for c := range pl.routes {
		if len(pl.routes[c].trips) > 0 {
			owners = append(owners, c)
			rows = append(rows, pl.row(pl.routes[c].trips))
		}
	}
	given := matching.Solve(len(pl.couriers), rows)
	routes := make([]route, len(pl.routes))
	var before, after time.Duration
	for i, owner := range owners {
		c := given[i]
		routes[c] = route{pl.routes[owner].trips, pl.cost(c, pl.routes[owner].trips)}
		before, after = before+pl.routes[owner].cost, after+routes[c].cost
	}
	if after >= before {
		return false
	}
	pl.routes = routes
	return true
}

// row returns what a route costs each courier who can ride it.
func (pl *plan) row(trips []trip) matching.Row {
	row := matching.Row{Alone: int64(never)}
	for c := range pl.couriers {
		if !pl.mayRide(c, trips) {
			continue
		}
		if cost := pl.cost(c, trips); cost < never {
			row.Edges = append(row.Edges, matching.Edge{Column: c, Cost: int64(cost)})
		}
	}
	return row
}

func (pl *plan) mayRide(c int, trips []trip) bool {
	for i := range trips {
		for _, o := range trips[i].stops() {
			if !pl.may[o*len(pl.couriers)+c] {
				return false
			}
		}
		if !pl.fits(c, &trip{n: trips[i].n - 1, orders: trips[i].orders}, trips[i].orders[trips[i].n-1]) {
			return false
		}
	}
	return true
}
