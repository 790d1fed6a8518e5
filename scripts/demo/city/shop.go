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

// shop is a kitchen with a tablet: its merchant accepts orders, cooks, and says
// when they are ready.
type shop struct {
	city   *City
	id     string
	name   string
	kind   cuisine
	point  geo.Point
	always bool // open round the clock
	rng    *rand.Rand
	person *person
	slow   bool // its kitchen takes twice as long as it says

	taken map[string]bool // orders that are seen to; owned by run
}

// open has operators open the shop, with a catalogue that a provider serves.
func (s *shop) open(ctx context.Context) (err error) {
	a := s.city.api
	span := object{"from": "00:00", "to": "00:00"}
	if !s.always {
		span = object{"from": fmt.Sprintf("%02d:00", 6+s.rng.IntN(4)), "to": fmt.Sprintf("%02d:30", (21+s.rng.IntN(5))%24)}
	}
	span["on"] = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	err = a.call(ctx, a.operator, http.MethodPut, "/v1/shops/"+s.id, object{
		"name": s.name, "point": s.point, "zone": Zone, "timeZone": timeZone, "currency": currency, "open": true,
		"hours": object{"week": []object{span}}, "minOrder": 800, "prepMinutes": s.promise(),
	}, nil)
	if err != nil {
		return err
	}
	if s.person, err = a.admit(ctx, "merchant", "merchant-"+s.id, s.id); err != nil {
		return err
	}
	if err := a.phone(ctx, s.person); err != nil {
		return err
	}
	settings := s.city.provider.settings(s.id)
	if err := a.call(ctx, a.operator, http.MethodPut, "/v1/shops/"+s.id+"/catalog", settings, nil); err != nil {
		return err
	}
	return a.call(ctx, a.operator, http.MethodPost, "/v1/shops/"+s.id+"/catalog/sync?join=true", nil, nil)
}

// promise is how many minutes the shop says that it takes.
func (s *shop) promise() int {
	return max(1, int((s.kind.prep / time.Duration(max(1, s.city.options.Speed))).Round(time.Minute).Minutes()))
}

// run is a shop's day.
func (s *shop) run(ctx context.Context) {
	tablet := s.city.api.dial(s.person, "shop:"+s.id)
	s.city.people.Go(func() { tablet.run(ctx) })
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case f := <-tablet.frames:
			s.hear(ctx, f)
		case <-tick.C:
			tablet.acknowledge()
		case <-ctx.Done():
		}
	}
}

func (s *shop) hear(ctx context.Context, f frame) {
	switch f.Kind {
	case anew:
		s.catchUp(ctx)
	case "order.changed":
		var n news
		if json.Unmarshal(f.Data, &n) == nil {
			s.see(ctx, order{ID: n.Order, State: n.State})
		}
	}
}

// catchUp reads what waits for the shop.
func (s *shop) catchUp(ctx context.Context) {
	var list struct{ Orders []order }
	if s.city.api.call(ctx, s.person, http.MethodGet, "/v1/orders?open=true&limit=200&shop="+s.id, nil, &list) != nil {
		return
	}
	for _, o := range list.Orders {
		s.see(ctx, o)
	}
}

// see has somebody see to an order that nobody sees to.
func (s *shop) see(ctx context.Context, o order) {
	if over(o.State) {
		delete(s.taken, o.ID)
		return
	}
	if s.taken[o.ID] || o.State != "placed" && o.State != "accepted" {
		return
	}
	s.taken[o.ID] = true
	rng := rand.New(rand.NewPCG(s.rng.Uint64(), s.rng.Uint64()))
	s.city.people.Go(func() { s.cook(ctx, o, rng) })
}

// cook takes an order on, makes it, and says that it is ready.
func (s *shop) cook(ctx context.Context, o order, rng *rand.Rand) {
	if o.State == "placed" {
		if pause(ctx, s.city.during(15*time.Second, rng)) != nil {
			return
		}
		if rng.Float64() < s.city.options.Reject {
			s.do(ctx, o.ID, "reject", object{"reason": "the kitchen is full"}, &s.city.stats.rejected)
			return
		}
		if !s.do(ctx, o.ID, "accept", object{"prepMinutes": s.promise()}, &s.city.stats.accepted) {
			return
		}
	}
	takes := s.city.during(s.kind.prep, rng)
	if s.slow {
		takes *= 2
	}
	if pause(ctx, takes) == nil {
		s.do(ctx, o.ID, "ready", nil, nil)
	}
}

// counter counts what was done.
type counter interface{ Add(int64) int64 }

// do does something to an order, and reports whether it is done. What the
// platform refuses for good, a customer's cancellation for one, is not.
func (s *shop) do(ctx context.Context, id, action string, in any, done counter) bool {
	var o order
	if err := s.city.api.call(ctx, s.person, http.MethodPost, "/v1/orders/"+id+"/"+action, in, &o); err != nil {
		s.city.complain(err, http.StatusConflict)
		return false
	}
	s.city.stats.changes.note(o.ID, o.Version)
	if done != nil {
		done.Add(1)
	}
	return true
}
