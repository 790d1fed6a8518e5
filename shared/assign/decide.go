package assign

import "time"

// Decide makes one round.
func Decide(r Round) Decision {
	r.Config = r.Config.filled()
	p := newProblem(&r)
	pl := newPlan(p)
	d := &decider{round: &r, plan: pl, taken: make([]bool, len(p.couriers))}
	d.entries()
	d.offers()
	if r.Explain {
		d.explain()
	}
	return d.decision
}

// decider turns a plan into offers and a ledger.
type decider struct {
	*plan
	round    *Round
	decision Decision
	taken    []bool // couriers who are asked in this round
}

// entries writes what becomes of each order before any offer is made.
func (d *decider) entries() {
	d.decision.Config = d.cfg.Version
	d.decision.Ledger = make([]Entry, len(d.round.Orders))
	next := d.round.Now.Add(d.cfg.Every)
	for i := range d.round.Orders {
		e := &d.decision.Ledger[i]
		*e = Entry{Order: d.round.Orders[i].ID, Outcome: Unmatched, Due: next}
		if !d.orders[i].open {
			e.Outcome = Open
		}
	}
}

// offers asks couriers for the first trips that are due, and holds the others.
func (d *decider) offers() {
	for c := range d.routes {
		at, last := d.couriers[c].free, -1
		for k := range d.routes[c].trips {
			t := &d.routes[c].trips[k]
			r := d.ride(c, last, at, t)
			due := r.depart - d.cfg.Lead
			switch {
			case d.orders[t.orders[0]].expected:
			case k == 0 && d.couriers[c].idle && due < d.cfg.Every:
				d.offer(c, t)
			default:
				d.hold(t, due)
			}
			at, last = r.done, t.last()
		}
	}
}

// hold notes that a trip waits until it is due, and is looked at again then.
func (d *decider) hold(t *trip, due time.Duration) {
	for _, o := range t.stops() {
		e := &d.decision.Ledger[o]
		e.Outcome, e.Due, e.With = Held, d.round.Now.Add(max(due, d.cfg.Every)), d.others(t, o)
	}
}

func (d *decider) offer(c int, t *trip) {
	expires := d.round.Now.Add(d.cfg.OfferFor)
	for _, o := range t.stops() {
		e := &d.decision.Ledger[o]
		e.Outcome, e.Due, e.With = Offered, expires, d.others(t, o)
	}
	asked := d.ask(c, t)
	offer := Offer{Expires: expires, Orders: d.names(t), Couriers: make([]string, len(asked))}
	for i, a := range asked {
		offer.Couriers[i] = d.round.Couriers[a].ID
	}
	d.promise(&offer, asked[0], t)
	d.decision.Offers = append(d.decision.Offers, offer)
}

// promise sets the times that the first of the couriers will keep.
func (d *decider) promise(offer *Offer, c int, t *trip) {
	offer.Pickup = d.round.Now.Add(d.ride(c, -1, 0, t).pickup)
	at, before := offer.Pickup.Add(d.cfg.AtShop/2), -1
	for _, o := range t.stops() {
		at = at.Add(d.stretch(before, o) + d.cfg.AtDoor/2)
		offer.Door = append(offer.Door, at)
		at, before = at.Add(d.cfg.AtDoor/2), o
	}
}

func (d *decider) names(t *trip) []string {
	names := make([]string, t.n)
	for i, o := range t.stops() {
		names[i] = d.round.Orders[o].ID
	}
	return names
}

func (d *decider) others(t *trip, order int) []string {
	var names []string
	for _, o := range t.stops() {
		if o != order {
			names = append(names, d.round.Orders[o].ID)
		}
	}
	return names
}
