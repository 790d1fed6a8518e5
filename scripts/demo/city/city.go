// Package city is a city that lives: couriers who ride along real roads, shops
// that cook, and customers who are hungry.
//
// It promises to act only as the platform's apps do: by the public API, and by
// sockets, signed in as who they are. Whatever is random follows from a seed,
// though what the platform answers when does not. Every goroutine has ended when
// [City.Run] returns.
package city

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Where the city is.
const (
	Zone     = "city"
	currency = "EUR"
	timeZone = "UTC"
)

// Options say where the platform is, and how big and how wild the city.
type Options struct {
	API      string // the URL of the platform; the gateway is at API/gateway
	Issuer   string // the URL of the development issuer that the platform trusts
	Operator string // an operator's token
	Roads    string // the file of the map, as [Prepare] makes it

	Couriers int
	Shops    int
	Orders   float64 // a second, on average
	Most     int     // orders at the most; 0 is without end
	Speed    float64 // how much faster than real life; 0 is 1
	Seed     uint64

	Provider       string // serves the shops' catalogues at this address; "" is a free port
	ProviderPublic string // the URL at which the platform finds it; "" is its address

	// The shares of couriers, shops and customers who do not do as hoped.
	Decline, Ignore, Dawdle, Reject, Cancel, Rate float64

	Reach  float64 // how far customers are from shops at the most, in metres; 0 is 1,500
	Within float64 // how far shops are from the middle at the most, in metres; 0 is all of the city
	Ends   int     // open files that a socket takes here: 2 where the platform is in this process; 0 is 1
	Steady bool    // no rush hours, and nothing that goes wrong
	Trust  bool    // nobody asks what their socket should have told them: who is not told waits for ever
	Say    func(string)
}

// Lively are the shares of a usual day.
func (o Options) Lively() Options {
	o.Decline, o.Ignore, o.Dawdle, o.Reject, o.Cancel, o.Rate = 0.08, 0.04, 0.002, 0.03, 0.05, 0.7
	return o
}

// City is a city.
type City struct {
	options  Options
	api      *api
	stats    *stats
	roads    *roads
	provider *provider
	shops    []*shop
	couriers []*courier
	ledger   ledger
	pace     pace
	hired    atomic.Bool // all whose shifts begin have begun

	people  sync.WaitGroup // all that is owned by Run
	arrived atomic.Int64   // customers
}

// New returns a city whose people do nothing yet. Close it.
func New(o Options) (*City, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Reach == 0 {
		o.Reach = 1500
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	o.fit(openFiles())
	r, err := openRoads(o.Roads)
	if err != nil {
		return nil, err
	}
	addr := o.Provider
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	p, err := startProvider(addr, o.ProviderPublic)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serve catalogues: %w", err), r.Close())
	}
	c := &City{options: o, stats: &stats{}, roads: r, provider: p}
	c.ledger.placed, c.ledger.by, c.pace.share = map[string]bool{}, map[string]string{}, 1
	c.api = &api{
		url: o.API, issuer: o.Issuer, operator: &person{entity: "operator", id: "city", token: o.Operator}, stats: c.stats,
		http: &http.Client{Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}},
	}
	c.settle()
	return c, nil
}

// Close frees what a city holds, once Run has returned.
func (c *City) Close() error {
	c.api.http.CloseIdleConnections()
	return errors.Join(c.provider.Close(), c.roads.Close())
}

// Placed is how many orders have been placed so far.
func (c *City) Placed() int { return int(c.stats.placed.Load()) }

// rng is the chance of somebody.
func (c *City) rng(who string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(who))
	return rand.New(rand.NewPCG(c.options.Seed, h.Sum64()))
}

// settle makes up who lives where.
func (c *City) settle() {
	middle, far := c.roads.middle(), c.roads.radius()
	if c.options.Within > 0 {
		far = min(far, c.options.Within)
	}
	for i := range c.options.Shops {
		id := fmt.Sprintf("shop-%02d", i+1)
		rng := c.rng(id)
		kind := cuisines[i%len(cuisines)]
		s := &shop{
			city: c, id: id, kind: kind, rng: rng, point: c.roads.around(rng, middle, far), taken: map[string]bool{},
			name:   pick(rng, kind.houses) + " " + pick(rng, quarters),
			always: c.options.Steady || rng.IntN(10) < 7, slow: !c.options.Steady && rng.IntN(8) == 0,
		}
		c.provider.list(id, kind.menu(rng))
		c.shops = append(c.shops, s)
	}
	for i := range c.options.Couriers {
		id := fmt.Sprintf("courier-%04d", i+1)
		rng := c.rng(id)
		k := &courier{
			city: c, id: id, rng: rng, vehicle: pick(rng, vehicles), byHTTPS: i%50 == 49,
			orders: map[string]*delivery{}, closed: map[string]bool{},
		}
		k.ride.points = append(k.ride.points, c.roads.around(rng, middle, far))
		c.couriers = append(c.couriers, k)
	}
}

// during is a time around d, as long as it lasts in the city.
func (c *City) during(d time.Duration, rng *rand.Rand) time.Duration {
	return time.Duration(float64(d) / c.options.Speed * (0.6 + 0.8*rng.Float64()))
}

// popular picks a shop: a few have most of the customers.
func (c *City) popular(rng *rand.Rand) int {
	return int(float64(len(c.shops)) * math.Pow(rng.Float64(), 1.6))
}

// say tells whoever watches what happens.
func (c *City) say(format string, args ...any) { c.options.Say(fmt.Sprintf(format, args...)) }

// complain tells of an error that is no part of life; those of the statuses are.
func (c *City) complain(err error, statuses ...int) {
	if err == nil || errors.Is(err, context.Canceled) || refused(err, statuses...) {
		return
	}
	c.say("%v", err)
}

// Run lives until ctx ends, or until all customers of a city that has an end have
// theirs.
func (c *City) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer c.people.Wait()
	defer stop()
	if err := c.found(ctx); err != nil {
		return fmt.Errorf("found the city: %w", err)
	}
	c.people.Go(func() { c.hire(ctx) })
	c.people.Go(func() { c.govern(ctx) })
	if err := c.open(ctx); err != nil {
		return fmt.Errorf("open the shops: %w", err)
	}
	if !c.options.Steady {
		c.people.Go(func() { c.events(ctx) })
	}
	var customers sync.WaitGroup
	c.arrivals(ctx, &customers)
	if c.options.Most == 0 {
		<-ctx.Done()
	}
	customers.Wait()
	return nil
}

// together bounds how many of the city's people are taken on at once.
const together = 8

// found makes the zone, and has those come to work who take others on.
func (c *City) found(ctx context.Context) error {
	b := c.roads.file.Map.Bounds()
	zone := object{
		"name": "City", "currency": currency, "timeZone": timeZone,
		"area": []object{
			{"lat": b.South, "lng": b.West}, {"lat": b.South, "lng": b.East}, {"lat": b.North, "lng": b.East}, {"lat": b.North, "lng": b.West},
		},
		"fees": object{"delivery": 190, "perKilometre": 60, "freeMetres": 1000, "serviceBasisPoints": 400},
	}
	if err := c.api.call(ctx, c.api.operator, http.MethodPut, "/v1/zones/"+Zone, zone, nil); err != nil {
		return err
	}
	return c.api.employ(ctx)
}

// open has all shops open, while couriers come already.
func (c *City) open(ctx context.Context) error {
	g, opening := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for _, s := range c.shops {
		g.Go(func() error { return s.open(opening) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, s := range c.shops {
		c.people.Go(func() { s.run(ctx) })
	}
	return nil
}

// hire has couriers begin their shifts, a few at a time.
func (c *City) hire(ctx context.Context) {
	var g errgroup.Group
	var begun atomic.Int64
	begin := make(chan struct{}, together)
	for _, k := range c.couriers {
		select {
		case begin <- struct{}{}:
		case <-ctx.Done():
			_ = g.Wait()
			return
		}
		g.Go(func() error {
			err := k.start(ctx)
			<-begin
			if begun.Add(1) == int64(len(c.couriers)) {
				c.hired.Store(true)
			}
			if err != nil {
				c.complain(fmt.Errorf("courier %s: %w", k.id, err))
				return nil
			}
			k.live(ctx)
			return nil
		})
	}
	_ = g.Wait()
}

// arrivals has customers come, however long those before them take.
func (c *City) arrivals(ctx context.Context, customers *sync.WaitGroup) {
	rng, began := c.rng("arrivals"), time.Now()
	for n := 0; c.options.Orders > 0 && (c.options.Most == 0 || n < c.options.Most); n++ {
		if pause(ctx, time.Duration(rng.ExpFloat64()/c.wanted(time.Since(began))*float64(time.Second))) != nil {
			return
		}
		id := fmt.Sprintf("customer-%05d", n%c.regulars()+1)
		who := &customer{city: c, id: id, rng: c.rng(fmt.Sprint(id, n))}
		customers.Go(func() {
			c.arrived.Add(1)
			c.complain(who.visit(ctx))
		})
	}
}

// regulars is how many customers there are.
func (c *City) regulars() int { return 2000 + 10*len(c.shops) }

// rush is how many more come than on average: rush hours come and go, and last
// half a minute.
func (c *City) rush(since time.Duration) float64 {
	const period, peak = 3 * time.Minute, 30 * time.Second
	switch {
	case c.options.Steady:
		return 1
	case since > period && since%period < peak:
		return 2.5
	}
	return 0.75 + 0.25*math.Sin(since.Minutes())
}
