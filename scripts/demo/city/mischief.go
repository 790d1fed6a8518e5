package city

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// events has things happen that make a day: a shop's campaign, a bulk change of
// prices, an outage of the provider, new stock.
func (c *City) events(ctx context.Context) {
	rng := c.rng("events")
	happenings := []func(context.Context, *rand.Rand) error{c.promote, c.reprice, c.outage, c.restock}
	for i := 0; pause(ctx, c.during(time.Minute, rng)) == nil; i++ {
		c.complain(happenings[i%len(happenings)](ctx, rng), http.StatusConflict)
	}
}

// promote has a merchant take something off for a while.
func (c *City) promote(ctx context.Context, rng *rand.Rand) error {
	s := pick(rng, c.shops)
	share := 500 * (1 + rng.Int64N(6))
	const wallTime = "2006-01-02T15:04:05"
	campaign := object{
		"shop": s.id, "kind": "percent_off", "title": fmt.Sprintf("%d%% off at %s", share/100, s.name),
		"plan":  object{"zone": "UTC", "start": time.Now().UTC().Add(5 * time.Second).Format(wallTime), "end": time.Now().UTC().Add(10 * time.Minute).Format(wallTime)},
		"terms": object{"basisPoints": share},
	}
	c.say("%s takes %d%% off for ten minutes", s.name, share/100)
	return c.api.call(ctx, s.person, http.MethodPost, "/v1/campaigns", campaign, nil)
}

// reprice changes the prices of a whole shop by a job.
func (c *City) reprice(ctx context.Context, rng *rand.Rand) error {
	s := pick(rng, c.shops)
	percent := rng.IntN(11) - 5
	c.say("%s changes all prices by %+d%%", s.name, percent)
	job := object{"kind": "items.price", "shop": s.id, "params": object{"percent": percent}, "filter": object{}, "join": true}
	return c.api.call(ctx, c.api.operator, http.MethodPost, "/v1/jobs", job, nil)
}

// outage has the provider fail for a shop, while its catalogue is read.
func (c *City) outage(ctx context.Context, rng *rand.Rand) error {
	s := pick(rng, c.shops)
	c.provider.fail(s.id, 20*time.Second)
	c.say("the provider of %s is down for 20 s", s.name)
	return c.api.call(ctx, c.api.operator, http.MethodPost, "/v1/shops/"+s.id+"/catalog/sync?join=true", nil, nil)
}

// restock has new stock read by a few shops.
func (c *City) restock(ctx context.Context, rng *rand.Rand) error {
	c.provider.restock(rng)
	for range min(3, len(c.shops)) {
		s := pick(rng, c.shops)
		if err := c.api.call(ctx, c.api.operator, http.MethodPost, "/v1/shops/"+s.id+"/catalog/sync?join=true", nil, nil); err != nil {
			return err
		}
	}
	return nil
}
