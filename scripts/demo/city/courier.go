package city

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"lastmile/shared/geo"
)

// courier is somebody with a phone: they ride, report where they are, and answer
// offers. All is owned by the goroutine that lives.
type courier struct {
	city    *City
	id      string
	rng     *rand.Rand
	person  *person
	socket  *socket
	vehicle vehicle
	byHTTPS bool // reports by calls instead of the socket

	ride     ride
	heading  float64
	moving   bool
	reported time.Time
	seq      int64

	shift    time.Time // when they go off duty, or come back
	onDuty   bool
	dawdling time.Time // they stand still until then

	orders map[string]*delivery // what they bring
	closed map[string]bool      // what they have brought
	asked  time.Time            // when they last looked up what they bring
	phoned bool                 // their phone is registered; it takes its time, so that all are on the road soon
}

// vehicle is how fast a courier is, and what they carry.
type vehicle struct {
	name     string
	speed    float64 // metres a second
	capacity int
}

var vehicles = []vehicle{{"bicycle", 5, 2}, {"bicycle", 5.5, 2}, {"motorbike", 9, 3}, {"car", 8, 4}}

// delivery is an order that a courier brings.
type delivery struct {
	order
	fetched bool
	left    time.Time // when they leave the place where they hand over; zero before they are there
}

// fastest is how fast the platform believes that somebody moves; metres a second.
const fastest = 45

// reports are this far apart: of who brings something, who rides, and who stands.
const (
	bringing = time.Second
	riding   = 2 * time.Second
	standing = 20 * time.Second
)

// live is a courier's working life.
func (c *courier) live(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case f := <-c.socket.frames:
			c.hear(ctx, f)
		case <-tick.C:
			c.step(ctx)
		case <-ctx.Done():
		}
	}
}

// hear takes in what the platform says.
func (c *courier) hear(ctx context.Context, f frame) {
	switch f.Kind {
	case anew:
		c.catchUp(ctx)
	case "offer.made":
		c.consider(ctx, f.Data)
	case "offer.closed":
		var gone struct{ Order, Reason string }
		if json.Unmarshal(f.Data, &gone) == nil && gone.Reason != "completed" && c.orders[gone.Order] != nil {
			c.look(ctx, gone.Order)
		}
	case "order.changed":
		var n news
		if json.Unmarshal(f.Data, &n) == nil {
			c.follow(ctx, n)
		}
	}
}

// news is what is told of an order's change.
type news struct {
	Order   string
	State   string
	Version int
	Courier string
}

// follow takes in that an order went on: one that is new is theirs now.
func (c *courier) follow(ctx context.Context, n news) {
	d := c.orders[n.Order]
	switch {
	case n.Courier != c.id || over(n.State):
		c.drop(n.Order)
	case d == nil && !c.closed[n.Order]:
		c.look(ctx, n.Order)
	case d != nil && n.Version > d.Version:
		d.State, d.Version = n.State, n.Version
	}
}

// look reads an order that may be theirs.
func (c *courier) look(ctx context.Context, id string) {
	var o order
	err := c.city.api.call(ctx, c.person, http.MethodGet, "/v1/orders/"+id, nil, &o)
	switch {
	case refused(err, http.StatusNotFound) || err == nil && (o.Courier != c.id || over(o.State)):
		c.drop(id)
	case err == nil:
		c.take(o)
	}
}

// catchUp reads what they bring, after they may have missed something.
func (c *courier) catchUp(ctx context.Context) {
	c.asked = time.Now()
	var list struct{ Orders []order }
	if c.city.api.call(ctx, c.person, http.MethodGet, "/v1/orders?open=true", nil, &list) != nil {
		return
	}
	for id := range c.orders {
		if !slices.ContainsFunc(list.Orders, func(o order) bool { return o.ID == id }) {
			c.drop(id)
		}
	}
	for _, o := range list.Orders {
		c.take(o)
	}
}

func (c *courier) take(o order) {
	d := c.orders[o.ID]
	if d == nil {
		if len(c.orders) == 0 {
			c.city.stats.busy.Add(1)
			c.ride = ride{points: []geo.Point{c.ride.at()}} // they turn round
		}
		d = &delivery{}
		c.orders[o.ID] = d
		c.city.stats.assigned.Add(1)
	}
	d.order, d.fetched = o, o.State == "picked_up"
}

func (c *courier) drop(id string) {
	if c.orders[id] == nil {
		return
	}
	delete(c.orders, id)
	if len(c.orders) == 0 {
		c.city.stats.busy.Add(-1)
	}
	c.ride = ride{points: []geo.Point{c.ride.at()}}
}

// consider answers an offer, or lets it pass. Real couriers accept most.
func (c *courier) consider(ctx context.Context, data json.RawMessage) {
	var offer struct {
		Order   string
		Expires time.Time
	}
	if json.Unmarshal(data, &offer) != nil || !c.onDuty || time.Now().After(offer.Expires) {
		return
	}
	answer, id := "accept", offer.Order
	switch mood := c.rng.Float64(); {
	case mood < c.city.options.Ignore:
		c.city.stats.ignored.Add(1)
		return
	case mood < c.city.options.Ignore+c.city.options.Decline:
		c.city.stats.declined.Add(1)
		answer = "reject"
	}
	// That another was faster, or the offer has gone, is nothing to regret.
	_ = c.city.api.call(ctx, c.person, http.MethodPost, "/v1/offers/"+id+"/"+answer, nil, nil)
}

// step is a second of a courier's life.
func (c *courier) step(ctx context.Context) {
	c.socket.acknowledge()
	now := time.Now()
	if len(c.orders) == 0 {
		c.idle(ctx, now)
	} else {
		c.bring(ctx, now)
	}
	every := standing
	switch {
	case len(c.orders) > 0:
		every = bringing
	case c.moving:
		every = riding
	}
	if c.onDuty && now.Sub(c.reported) >= every-every/10 {
		c.report(ctx)
	}
}

// idle waits for an order: sometimes they ride to where shops are, and in the end
// they go home.
func (c *courier) idle(ctx context.Context, now time.Time) {
	c.moving = false
	switch {
	case now.After(c.shift):
		// A refusal means that an order has just come; later is soon enough.
		_ = c.duty(ctx, !c.onDuty)
	case !c.onDuty:
	case !c.phoned && c.rng.Float64() < 0.01:
		c.phoned = c.city.api.phone(ctx, c.person) == nil
	case len(c.ride.points) > 1:
		c.move(now)
	case c.rng.Float64() < 0.01:
		c.wander()
	}
}

// wander rides to where shops are.
func (c *courier) wander() {
	s := c.city.shops[c.rng.IntN(len(c.city.shops))]
	c.ride.points = c.city.roads.way(c.ride.at(), c.city.roads.around(c.rng, s.point, 400))
}

// bring does the next thing for an order: fetch all first, then bring them, the
// nearest first.
func (c *courier) bring(ctx context.Context, now time.Time) {
	if now.Sub(c.asked) > 20*time.Second && !c.city.options.Trust {
		c.catchUp(ctx) // news may be lost to a phone
	}
	d := c.next()
	if d == nil {
		return
	}
	to := d.target()
	if len(c.ride.points) == 1 && geo.Distance(c.ride.at(), to) > near {
		c.ride.points = c.city.roads.way(c.ride.at(), to)
	}
	if c.moving = geo.Distance(c.ride.at(), to) > near; c.moving {
		c.move(now)
		return
	}
	c.handOver(ctx, d, now)
}

// near is how close to a door somebody has to be; in metres.
const near = 60

// target is where the courier goes for d.
func (d *delivery) target() geo.Point {
	if d.fetched {
		return d.Dropoff.Point
	}
	return d.Pickup.Point
}

func (c *courier) next() *delivery {
	var best *delivery
	for _, d := range c.orders {
		if best == nil || best.fetched && !d.fetched || best.fetched == d.fetched && c.nearer(d, best) {
			best = d
		}
	}
	return best
}

func (c *courier) nearer(d, than *delivery) bool {
	a, b := geo.Distance(c.ride.at(), d.target()), geo.Distance(c.ride.at(), than.target())
	return a < b || a == b && d.ID < than.ID
}

// handOver takes the goods, or gives them, once parking and walking are done.
func (c *courier) handOver(ctx context.Context, d *delivery, now time.Time) {
	if d.left.IsZero() {
		d.left = now.Add(c.city.during(time.Minute, c.rng))
	}
	if now.Before(d.left) || !d.fetched && d.State != "ready" {
		return
	}
	action, in := "pickup", any(nil)
	if d.fetched {
		action, in = "deliver", c.proof(ctx, d.ID)
	}
	var o order
	err := c.city.api.call(ctx, c.person, http.MethodPost, "/v1/orders/"+d.ID+"/"+action, in, &o)
	if refused(err, http.StatusNotFound, http.StatusConflict) {
		c.look(ctx, d.ID)
		return
	}
	if err != nil {
		c.city.complain(fmt.Errorf("courier %s: %w", c.id, err))
		return // the next second tries again
	}
	c.city.stats.changes.note(o.ID, o.Version)
	d.order, d.left = o, time.Time{}
	if !d.fetched {
		d.fetched = true
		c.city.stats.pickedUp.Add(1)
		return
	}
	c.closed[d.ID] = true
	c.city.ledger.delivered(d.ID, c.id)
	c.city.stats.delivered.Add(1)
	c.city.stats.door.add(o.DeliveredAt.Sub(o.PlacedAt))
	c.drop(d.ID)
}

// move rides for a second, unless they dawdle.
func (c *courier) move(now time.Time) {
	if now.Before(c.dawdling) {
		return
	}
	if c.rng.Float64() < c.city.options.Dawdle {
		c.dawdling = now.Add(c.city.during(3*time.Minute, c.rng))
		return
	}
	heading, _ := c.ride.advance(min(fastest, c.vehicle.speed*c.city.options.Speed))
	c.moving, c.heading = true, heading
}

// report says where they are. A phone is offline now and then.
func (c *courier) report(ctx context.Context) {
	c.reported = time.Now()
	c.seq++
	at := c.ride.at()
	fix := object{"at": c.reported.UTC(), "seq": c.seq, "lat": at.Lat, "lng": at.Lng, "heading": c.heading, "accuracy": 8}
	for id, d := range c.orders {
		if d.fetched {
			fix["order"] = id
		}
	}
	fixes := object{"fixes": []object{fix}}
	if c.byHTTPS || c.socket == nil || !c.socket.send("location.report", fixes) {
		// Phones without a socket report by calls; what is lost, the next one replaces.
		_ = c.city.api.call(ctx, c.person, http.MethodPost, fmt.Sprintf("/v1/couriers/%s/locations", c.id), fixes, nil)
	}
	c.city.stats.fixes.Add(1)
}
