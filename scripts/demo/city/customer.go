package city

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"lastmile/shared/geo"
)

// customer is somebody who is hungry once.
type customer struct {
	city   *City
	id     string
	rng    *rand.Rand
	person *person
}

// visit is a customer's: they sign in, and shop.
func (c *customer) visit(ctx context.Context) (err error) {
	if c.person, err = c.city.api.signIn(ctx, "customer", c.id); err != nil {
		return err
	}
	if err := c.city.api.phone(ctx, c.person); err != nil {
		return err
	}
	return c.shopping(ctx)
}

// shopping is from hunger to stars: browse, order, track, rate.
func (c *customer) shopping(ctx context.Context) error {
	s := c.city.shops[c.city.popular(c.rng)]
	goods, err := c.browse(ctx, s)
	if err != nil || len(goods) == 0 {
		return err
	}
	o, err := c.buy(ctx, s, goods)
	if err != nil || o.ID == "" {
		return err
	}
	c.city.stats.tracking.Add(1)
	defer c.city.stats.tracking.Add(-1)
	return c.track(ctx, o)
}

// item is what a customer sees on a shop's page.
type item struct {
	ID        string
	Available bool
	Charged   int64
	Left      *int64
}

// browse looks at a shop's page, and returns what can be had.
func (c *customer) browse(ctx context.Context, s *shop) ([]item, error) {
	var page struct{ Items []item }
	path := "/v1/shops/" + s.id + "/items?limit=30&available=true"
	if err := c.city.api.call(ctx, c.person, http.MethodGet, path, nil, &page); err != nil {
		return nil, err
	}
	return page.Items, nil
}

// cart fills a cart: a few items, one or two of each.
func (c *customer) cart(s *shop, goods []item) object {
	c.rng.Shuffle(len(goods), func(i, j int) { goods[i], goods[j] = goods[j], goods[i] })
	var lines []object
	var worth int64
	for _, i := range goods {
		if len(lines) > c.rng.IntN(3) && worth > 1000 {
			break
		}
		quantity := 1 + c.rng.Int64N(2)
		lines = append(lines, object{"item": i.ID, "quantity": quantity, "price": i.Charged})
		worth += quantity * i.Charged
	}
	door := c.city.roads.around(c.rng, s.point, c.city.options.Reach)
	return object{
		"shop": s.id, "lines": lines, "tip": 50 * c.rng.Int64N(5),
		"dropoff": object{"point": door, "address": fmt.Sprintf("%s %d", pick(c.rng, streets), 1+c.rng.IntN(120))},
	}
}

// buy orders a cart. What another took meanwhile is left out once; then the
// customer gives up.
func (c *customer) buy(ctx context.Context, s *shop, goods []item) (o order, err error) {
	cart := c.cart(s, goods)
	var quote struct {
		Ready    bool
		Problems []struct{ Code string }
		Quote    struct{ Hash string }
	}
	if err := c.city.api.call(ctx, c.person, http.MethodPost, "/v1/carts/validate", cart, &quote); err != nil {
		return o, err
	}
	if !quote.Ready {
		c.city.stats.balked.Add(1)
		return o, nil
	}
	cart["quote"], cart["cash"] = quote.Quote.Hash, c.rng.IntN(8) == 0
	began := time.Now()
	err = c.city.api.call(ctx, c.person, http.MethodPost, "/v1/orders", cart, &o)
	if refused(err, http.StatusConflict) {
		c.city.stats.balked.Add(1)
		return order{}, nil
	}
	if err == nil {
		c.city.stats.order.add(time.Since(began))
		c.city.stats.placed.Add(1)
		c.city.ledger.place(o.ID)
	}
	return o, err
}

// track watches an order until its end, and rates it.
func (c *customer) track(ctx context.Context, o order) error {
	ctx, leave := context.WithCancel(ctx)
	phone := c.city.api.dial(c.person, "order:"+o.ID)
	closed := make(chan struct{})
	c.city.people.Go(func() { defer close(closed); phone.run(ctx) })
	defer func() { leave(); <-closed }()
	if c.rng.Float64() < c.city.options.Cancel {
		c.cancel(ctx, o.ID)
	}
	look := time.NewTicker(30 * time.Second)
	defer look.Stop()
	for !over(o.State) {
		select {
		case f := <-phone.frames:
			c.see(ctx, f, &o)
		case <-look.C:
			phone.acknowledge()
			if !c.city.options.Trust {
				c.read(ctx, &o)
			}
		case <-ctx.Done():
			return nil
		}
	}
	return c.rate(ctx, o)
}

// see takes in what the phone shows.
func (c *customer) see(ctx context.Context, f frame, o *order) {
	switch f.Kind {
	case anew:
		c.read(ctx, o)
	case "courier.moved":
		var m struct {
			At       time.Time
			Lat, Lng float64
		}
		if json.Unmarshal(f.Data, &m) == nil && (geo.Point{Lat: m.Lat, Lng: m.Lng}).Valid() {
			c.city.stats.moved.add(time.Since(m.At))
		}
	case "order.changed":
		var n news
		if json.Unmarshal(f.Data, &n) != nil || n.Order != o.ID || n.Version <= o.Version {
			return
		}
		o.State, o.Version = n.State, n.Version
		if took, ok := c.city.stats.changes.since(n.Order, n.Version); ok {
			c.city.stats.news.add(took)
		}
	}
}

func (c *customer) read(ctx context.Context, o *order) {
	var now order
	if c.city.api.call(ctx, c.person, http.MethodGet, "/v1/orders/"+o.ID, nil, &now) == nil && now.Version >= o.Version {
		*o = now
	}
}

// cancel takes an order back, if the shop has not been faster.
func (c *customer) cancel(ctx context.Context, id string) {
	if pause(ctx, c.city.during(10*time.Second, c.rng)) != nil {
		return
	}
	err := c.city.api.call(ctx, c.person, http.MethodPost, "/v1/orders/"+id+"/cancel", object{"reason": "changed my mind"}, nil)
	if err == nil {
		c.city.stats.cancelled.Add(1)
	}
}

// rate gives stars for most deliveries, mostly many.
func (c *customer) rate(ctx context.Context, o order) error {
	if o.State != "delivered" || c.rng.Float64() > c.city.options.Rate {
		return nil
	}
	stars := func() int { return 5 - min(4, int(c.rng.ExpFloat64()*0.7)) }
	in := object{"courier": stars(), "shop": stars()}
	if err := c.city.api.call(ctx, c.person, http.MethodPost, "/v1/orders/"+o.ID+"/rate", in, nil); err != nil {
		return err
	}
	c.city.stats.rated.Add(1)
	return nil
}
