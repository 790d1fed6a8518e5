package assign

import "time"

// ask returns the courier of the plan, and as many more as are worth asking at
// the same time: the cheapest whom the plan does not need.
func (d *decider) ask(c int, t *trip) []int {
	first := d.ride(c, -1, 0, t)
	asked := []int{c}
	d.taken[c] = true
	none := 1 - d.accepts(c, t)
	for len(asked) < d.cfg.Broadcast {
		spare, cost := d.spare(t)
		if cost >= never || !d.pays(none, first, cost) {
			break
		}
		d.taken[spare] = true
		asked = append(asked, spare)
		none *= 1 - d.accepts(spare, t)
	}
	return asked
}

// pays reports whether one more courier of that cost should be asked, if nobody
// has accepted with chance none so far. He saves the wait for another offer if
// all others refuse, but makes the trip dearer if he is faster than one who would
// have accepted: every other time.
func (d *decider) pays(none float64, first timing, cost time.Duration) bool {
	saves := max(d.cfg.OfferFor-first.depart, 0)
	return (1-none)/2*float64(cost-first.cost) < none*float64(saves)
}

func (d *decider) accepts(c int, t *trip) float64 {
	return d.round.Couriers[c].Habits.accepts(d.way(c, -1, d.orders[t.orders[0]].shop))
}

// spare returns the idle courier without a route who carries the trip cheapest,
// and for how much; never when there is none.
func (d *decider) spare(t *trip) (best int, least time.Duration) {
	least = never
	for c := range d.couriers {
		if d.taken[c] || !d.couriers[c].idle || d.needed(c) || !d.mayRide(c, []trip{*t}) {
			continue
		}
		if cost := d.ride(c, -1, 0, t).cost; cost < least {
			best, least = c, cost
		}
	}
	return best, least
}

// needed reports whether the plan has an order that is there for the courier.
func (d *decider) needed(c int) bool {
	for i := range d.routes[c].trips {
		if !d.orders[d.routes[c].trips[i].orders[0]].expected {
			return true
		}
	}
	return false
}
