package assign

import "cmp"

// ask returns the courier of the plan, and as many more as it takes until one of
// them most probably accepts: the cheapest whom the plan does not need.
func (d *decider) ask(c int, t *trip) []int {
	asked := []int{c}
	d.taken[c] = true
	none := 1 - d.accepts(c, t)
	for none > 1-d.cfg.Certain && len(asked) < d.cfg.Broadcast {
		spare, ok := d.spare(t)
		if !ok {
			break
		}
		d.taken[spare] = true
		asked = append(asked, spare)
		none *= 1 - d.accepts(spare, t)
	}
	return asked
}

func (d *decider) accepts(c int, t *trip) float64 {
	return d.round.Couriers[c].Habits.accepts(d.way(c, -1, d.orders[t.orders[0]].shop))
}

// spare returns the idle courier without a route who carries the trip cheapest.
func (d *decider) spare(t *trip) (best int, found bool) {
	least := never
	for c := range d.couriers {
		if d.taken[c] || !d.couriers[c].idle || len(d.routes[c].trips) > 0 || !d.mayRide(c, []trip{*t}) {
			continue
		}
		if cost := d.ride(c, -1, 0, t).cost; cmp.Less(cost, least) {
			best, least, found = c, cost, true
		}
	}
	return best, found
}
