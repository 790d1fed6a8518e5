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

	edges []matching.Edge // kept between exchanges
}

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
	pl.routes[s.courier] = pl.with(s)
}

// cheapest returns where the order adds least.
func (pl *plan) cheapest(order int) (best spot, found bool) {
	best.adds = never
	alone := trip{n: 1, orders: [mostInTrip]int{order}}
	for c := range pl.couriers {
		if !pl.may[order*len(pl.couriers)+c] || !pl.fits(c, &trip{}, order) {
			continue
		}
		trips := pl.routes[c].trips
		for k := range len(trips) + 1 {
			pl.try(spot{courier: c, at: k, trip: alone}, &best)
		}
		for k := range trips {
			if !pl.joins(c, order, &trips[k]) {
				continue
			}
			for stop := range trips[k].n + 1 {
				pl.try(spot{courier: c, at: k, replaces: 1, trip: trips[k].with(order, stop)}, &best)
			}
		}
	}
	return best, best.adds < never
}

// joins reports whether the order may be carried with the trip's.
func (pl *plan) joins(c, order int, t *trip) bool {
	first, o := &pl.orders[t.orders[0]], &pl.orders[order]
	return t.n < pl.cfg.Bundle && first.shop == o.shop && first.expected == o.expected && pl.fits(c, t, order)
}

// try keeps s in best if it adds less.
func (pl *plan) try(s spot, best *spot) {
	if s.adds = pl.added(&s, best.adds); s.adds < best.adds {
		*best = s
	}
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
	for i := range pl.routes[c].trips {
		orders = append(orders, pl.routes[c].trips[i].stops()...)
	}
	return orders
}

// move puts an order of courier c elsewhere, if that saves anything.
func (pl *plan) move(c, order int) bool {
	before := pl.routes[c]
	pl.routes[c] = pl.ridden(c, remove(before.trips, order))
	saved := before.cost - pl.routes[c].cost
	s, ok := pl.cheapest(order)
	if !ok || s.adds >= saved {
		pl.routes[c] = before
		return false
	}
	pl.routes[s.courier] = pl.with(s)
	return true
}

// exchange gives the routes to the couriers for whom their sum is least. It
// reports whether that saved anything.
func (pl *plan) exchange() bool {
	var owners []int
	var rows []matching.Row
	edges := pl.edges[:0]
	for c := range pl.routes {
		if len(pl.routes[c].trips) > 0 {
			before := len(edges)
			edges = pl.addEdges(edges, pl.routes[c].trips)
			owners = append(owners, c)
			rows = append(rows, matching.Row{Alone: int64(never), Edges: edges[before:]})
		}
	}
	pl.edges = edges
	given := matching.Solve(len(pl.couriers), rows)
	routes := make([]route, len(pl.routes))
	var before, after time.Duration
	for i, owner := range owners {
		c := given[i]
		routes[c] = pl.ridden(c, pl.routes[owner].trips)
		before, after = before+pl.routes[owner].cost, after+routes[c].cost
	}
	if after >= before {
		return false
	}
	pl.routes = routes
	return true
}

// addEdges appends what a route costs each courier who can ride it.
func (pl *plan) addEdges(edges []matching.Edge, trips []trip) []matching.Edge {
	for c := range pl.couriers {
		if !pl.mayRide(c, trips) {
			continue
		}
		if cost := pl.cost(c, trips); cost < never {
			edges = append(edges, matching.Edge{Column: c, Cost: int64(cost)})
		}
	}
	return edges
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
