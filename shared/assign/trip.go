package assign

import "time"

// mostInTrip bounds [Config.Bundle].
const mostInTrip = 6

// trip is one way to a shop and on to the doors of some of its orders.
type trip struct {
	n      int
	orders [mostInTrip]int
}

func (t *trip) stops() []int { return t.orders[:t.n] }

func (t *trip) last() int { return t.orders[t.n-1] }

// with returns the trip with one more stop at position at.
func (t trip) with(order, at int) trip {
	copy(t.orders[at+1:], t.orders[at:t.n])
	t.orders[at] = order
	t.n++
	return t
}

// without returns the trip without the stop at position at.
func (t trip) without(at int) trip {
	copy(t.orders[at:], t.orders[at+1:t.n])
	t.n--
	return t
}

// timing is how a courier fares on a trip.
type timing struct {
	// depart is the latest time to set off that delays nothing.
	depart time.Duration
	pickup time.Duration
	done   time.Duration

	// cost is the time of the orders from placing to door, what is late, and what
	// the courier's time is worth; never when the trip cannot be made.
	cost time.Duration
}

// ride times a trip of courier c who is free at start at the door of order last,
// or where the courier is when that is negative.
func (p *problem) ride(c, last int, start time.Duration, t *trip) timing {
	w := &p.couriers[c]
	shop := p.orders[t.orders[0]].shop
	way := p.way(c, last, shop)
	pickup := start + way + p.cfg.AtShop/2
	for _, o := range t.stops() {
		pickup = max(pickup, p.orders[o].ready)
	}
	r := timing{depart: pickup - p.cfg.AtShop/2 - way, pickup: pickup}
	if pickup > w.off {
		r.cost = never
		return r
	}
	now, before := pickup+p.cfg.AtShop/2, -1
	for _, o := range t.stops() {
		now += p.stretch(before, o) + p.cfg.AtDoor/2
		r.cost += p.doorCost(o, now)
		now += p.cfg.AtDoor / 2
		before = o
	}
	r.done = now
	if r.cost >= never {
		r.cost = never
		return r
	}
	r.cost = p.weigh(t, r.cost+w.bias+p.worth(now-r.depart))
	return r
}

// weigh makes less of a trip that is only expected.
func (p *problem) weigh(t *trip, cost time.Duration) time.Duration {
	if p.orders[t.orders[0]].expected {
		return time.Duration(p.cfg.Foresight * float64(cost))
	}
	return cost
}

// stretch is the way to the door of order o: from the shop, or from the door
// before.
func (p *problem) stretch(before, o int) time.Duration {
	if before < 0 {
		return p.orders[o].leg
	}
	return p.hop(before, o)
}

// doorCost is what it costs to be at the door of an order then.
func (p *problem) doorCost(order int, at time.Duration) time.Duration {
	total := at - p.orders[order].placed
	if total > p.cfg.Longest {
		return never
	}
	return total + p.lateness(total)
}

// lateness is what missing the target adds.
func (p *problem) lateness(total time.Duration) time.Duration {
	if total <= p.cfg.Target {
		return 0
	}
	return time.Duration(p.cfg.Lateness * float64(total-p.cfg.Target))
}

// worth is what so much of a courier's time is worth.
func (p *problem) worth(d time.Duration) time.Duration {
	return time.Duration(p.cfg.CourierTime * float64(d))
}

// fits reports whether courier c may carry one more order in this trip.
func (p *problem) fits(c int, t *trip, order int) bool {
	size, cash := p.orders[order].size, p.orders[order].cash
	for _, o := range t.stops() {
		size += p.orders[o].size
		cash += p.orders[o].cash
	}
	return size <= p.couriers[c].room && cash <= p.couriers[c].purse
}
