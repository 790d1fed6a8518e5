package assign

import (
	"time"

	"lastmile/shared/geo"
)

// never is more than anything else costs, and small enough to be summed.
const never = time.Duration(1) << 55

// unknown marks a time on the road that nobody has asked for yet.
const unknown = time.Duration(-1)

// problem is a round in the form that the search works on: indices in place of
// names, times counted from now.
type problem struct {
	cfg      Config
	travel   Travel
	orders   []job
	couriers []rider
	shops    []geo.Point

	// may says which courier passes all filters of which order.
	may []bool

	toShop  []time.Duration // by courier and shop, at the courier's pace
	onward  []time.Duration // by order and shop: from its door to the shop
	between []time.Duration // by order and order of the same shop
}

// job is an order. Its number is its place in the round.
type job struct {
	open          bool // to be planned
	expected      bool // not there yet
	shop          int
	placed, ready time.Duration
	leg           time.Duration // from the shop to the door
	door          geo.Point
	size          int
	cash          int64
}

// rider is a courier who may be asked, now or soon.
type rider struct {
	usable    bool
	idle      bool
	at        geo.Point
	free, off time.Duration
	bias      time.Duration // what the score makes of every trip
	room      int
	purse     int64
}

const unlimited = 1 << 40

func newProblem(r *Round) *problem {
	p := &problem{cfg: r.Config, travel: r.Travel}
	p.addOrders(r)
	p.addCouriers(r)
	p.toShop = unknowns(len(p.couriers) * len(p.shops))
	p.onward = unknowns(len(p.orders) * len(p.shops))
	p.between = unknowns(len(p.orders) * len(p.orders))
	return p
}

func unknowns(n int) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = unknown
	}
	return times
}

func (p *problem) addOrders(r *Round) {
	p.orders = make([]job, len(r.Orders)+len(r.Expected))
	number := make(map[string]int, len(p.orders))
	for i := range p.orders {
		o := r.order(i)
		shop, known := number[o.Shop]
		if !known {
			shop = len(p.shops)
			number[o.Shop] = shop
			p.shops = append(p.shops, o.Pickup)
		}
		p.orders[i] = job{
			open: !o.Offered, expected: i >= len(r.Orders), shop: shop, placed: o.Placed.Sub(r.Now), ready: o.Ready.Sub(r.Now),
			leg: p.travel.Time(o.Pickup, o.Dropoff), door: o.Dropoff, size: o.Needs.size(), cash: o.Needs.Cash,
		}
	}
}

// order returns the order of a number: those that are there come first.
func (r *Round) order(number int) *Order {
	if number < len(r.Orders) {
		return &r.Orders[number]
	}
	return &r.Expected[number-len(r.Orders)]
}

func (p *problem) addCouriers(r *Round) {
	p.couriers = make([]rider, len(r.Couriers))
	p.may = make([]bool, len(p.orders)*len(r.Couriers))
	for c := range r.Couriers {
		p.couriers[c] = newRider(&r.Couriers[c], r.Now)
		for o := range p.orders {
			ok := p.orders[o].open && filter(r.order(o), &r.Couriers[c], r.Now, &p.cfg) == ""
			p.may[o*len(r.Couriers)+c] = ok
			p.couriers[c].usable = p.couriers[c].usable || ok
		}
	}
}

func newRider(c *Courier, now time.Time) rider {
	free := max(c.FreeAt.Sub(now), 0)
	w := rider{idle: free == 0, at: c.At, free: free, off: never, bias: scoreTerm(c.Score), room: unlimited, purse: unlimited}
	if !c.Off.IsZero() {
		w.off = c.Off.Sub(now)
	}
	if c.Capacity > 0 {
		w.room = c.Capacity - c.Load
	}
	if c.CashLimit > 0 {
		w.purse = c.CashLimit - c.Cash
	}
	return w
}

// scoreTerm is the worth of a courier's score: at most two minutes either way.
func scoreTerm(score float64) time.Duration {
	const spread, most = 15, 2
	return -time.Duration(min(max((score-50)/spread, -most), most) * float64(time.Minute))
}

// way is the time of courier c to a shop: from where it is, or from the door of
// order last.
func (p *problem) way(c, last, shop int) time.Duration {
	if last < 0 {
		t := &p.toShop[c*len(p.shops)+shop]
		if *t == unknown {
			*t = p.travel.Time(p.couriers[c].at, p.shops[shop])
		}
		return *t
	}
	t := &p.onward[last*len(p.shops)+shop]
	if *t == unknown {
		*t = p.travel.Time(p.orders[last].door, p.shops[shop])
	}
	return *t
}

// hop is the time from the door of one order to the next in a trip.
func (p *problem) hop(from, to int) time.Duration {
	t := &p.between[from*len(p.orders)+to]
	if *t == unknown {
		*t = p.travel.Time(p.orders[from].door, p.orders[to].door)
	}
	return *t
}
