package assign

import (
	"cmp"
	"slices"
)

// explain writes the candidates of every order that was open to be planned.
func (d *decider) explain() {
	asked, foreseen := d.chosen()
	for o := range d.round.Orders {
		if !d.orders[o].open {
			continue
		}
		d.decision.Ledger[o].Candidates = d.candidates(o, func(c *Candidate, number int) {
			c.Asked = slices.Contains(asked[o], c.Courier)
			c.Foreseen = !c.Asked && len(asked[o]) == 0 && foreseen[o] == number
		})
	}
}

// chosen returns who was asked for each order, and who is planned to carry it.
func (d *decider) chosen() (asked [][]string, foreseen []int) {
	asked, foreseen = make([][]string, len(d.orders)), make([]int, len(d.orders))
	for i := range foreseen {
		foreseen[i] = -1
	}
	for c := range d.routes {
		for _, o := range d.carried(c) {
			foreseen[o] = c
		}
	}
	offers := make(map[string][]string, len(d.orders))
	for _, offer := range d.decision.Offers {
		for _, id := range offer.Orders {
			offers[id] = offer.Couriers
		}
	}
	for o := range d.round.Orders {
		asked[o] = offers[d.round.Orders[o].ID]
	}
	return asked, foreseen
}

// candidates returns all couriers in the light of one order.
func (d *decider) candidates(order int, mark func(c *Candidate, number int)) []Candidate {
	all := make([]Candidate, 0, len(d.couriers))
	for number := range d.couriers {
		c := d.candidate(order, number)
		mark(&c, number)
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		if (a.Dropped == "") != (b.Dropped == "") {
			return cmp.Compare(len(a.Dropped), len(b.Dropped))
		}
		if a.Dropped != "" {
			return 0
		}
		return cmp.Compare(a.Terms.Cost(), b.Terms.Cost())
	})
	for i := range all {
		if all[i].Dropped == "" {
			all[i].Rank = i + 1
		}
	}
	return all
}

// candidate judges one courier: the filters first, then the terms.
func (d *decider) candidate(order, number int) Candidate {
	courier := &d.round.Couriers[number]
	c := Candidate{Courier: courier.ID}
	if c.Dropped = filter(&d.round.Orders[order], courier, d.round.Now, &d.cfg); c.Dropped != "" {
		return c
	}
	j, w := &d.orders[order], &d.couriers[number]
	r := d.ride(number, -1, w.free, &trip{n: 1, orders: [mostInTrip]int{order}})
	switch {
	case r.pickup > w.off:
		c.Dropped = ShiftEnds
	case r.cost >= never:
		c.Dropped = TooLate
	}
	way := d.way(number, -1, j.shop)
	door := r.pickup + d.cfg.AtShop/2 + j.leg + d.cfg.AtDoor/2
	c.Terms = Terms{
		ETA: w.free + way, Delay: max(r.pickup-max(j.ready, 0), 0), Late: d.lateness(door - j.placed),
		Effort: d.worth(way), Score: w.bias, Accepts: courier.Habits.accepts(way),
	}
	return c
}
