package city

import (
	"context"
	"net/http"
	"time"
)

// start has a courier taken on, and on duty once they can be told of offers.
func (c *courier) start(ctx context.Context) error {
	known, err := c.hire(ctx)
	if err != nil {
		return err
	}
	c.socket = c.city.api.dial(c.person)
	c.city.people.Go(func() { c.socket.run(ctx) })
	select {
	case f := <-c.socket.frames:
		if known {
			c.hear(ctx, f)
		}
	case <-time.After(callTimeout):
	case <-ctx.Done():
	}
	c.city.complain(c.duty(ctx, true))
	if len(c.orders) == 0 && c.rng.Float64() < 0.25 {
		c.wander()
	}
	return nil
}

// hire has operators take the courier on, and reports whether they have worked
// before.
func (c *courier) hire(ctx context.Context) (known bool, err error) {
	profile := object{
		"name": name(c.rng), "zone": Zone, "vehicle": c.vehicle.name, "capacity": c.vehicle.capacity, "cashLimit": 30_000,
	}
	var stored struct{ Version int }
	if err := c.city.api.call(ctx, c.city.api.desk(), http.MethodPut, "/v1/couriers/"+c.id, profile, &stored); err != nil {
		return false, err
	}
	c.person, err = c.city.api.admit(ctx, "courier", c.id)
	return stored.Version > 1, err
}

// duty goes on or off duty. Who is on duty is for a shift, and then off for a
// break.
func (c *courier) duty(ctx context.Context, on bool) error {
	lasts := c.city.during(20*time.Minute, c.rng)
	if on {
		lasts = c.city.during(4*time.Hour, c.rng)
		c.report(ctx) // so that the first round finds them
	}
	err := c.city.api.call(ctx, c.person, http.MethodPut, "/v1/couriers/"+c.id+"/duty", object{"onDuty": on}, nil)
	if err == nil && on != c.onDuty {
		c.onDuty = on
		c.city.stats.onDuty.Add(map[bool]int64{true: 1, false: -1}[on])
	}
	c.shift = time.Now().Add(lasts)
	return err
}
