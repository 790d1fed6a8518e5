package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/geo"
)

// simulation is one courier fleet that lives through days.
type simulation struct {
	config assign.Config
	plane  plane
	habits map[string]assign.Habits // what the days have taught about couriers

	seen   []assign.Order // all orders of the day
	newest time.Time      // when the last of them was placed
}

// hear takes one line of the judge and returns the line to answer, if any.
func (s *simulation) hear(line []byte) ([]byte, error) {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return nil, fmt.Errorf("read %.80q: %w", line, err)
	}
	switch m.Type {
	case "start":
		s.begin(m.start)
		return nil, nil
	case "decide":
		reply, err := json.Marshal(s.decide(m.decide))
		return append(reply, '\n'), err
	}
	return nil, fmt.Errorf("message of type %q; it is start or decide", m.Type)
}

// begin takes what the judge says of the day.
func (s *simulation) begin(m start) {
	s.plane = plane{metresPerMinute: m.MetersPerMinute, round: time.Second}
	if m.Rounding == "ceil-minute" {
		s.plane.round = time.Minute
	}
	if s.habits == nil {
		s.habits = map[string]assign.Habits{}
	}
	s.seen, s.newest = nil, time.Time{}
	s.config.Every = seconds(m.Period)
	s.config.AtShop, s.config.AtDoor = seconds(m.PickupService), seconds(m.DropoffService)
	s.config.Target, s.config.Longest = seconds(m.Target), seconds(m.Longest)
}

// decide runs one round of the engine.
func (s *simulation) decide(m decide) answer {
	for _, e := range m.Events {
		s.learn(e)
	}
	now, waiting := clock(m.Now), orders(m.Orders)
	s.remember(waiting)
	decision := assign.Decide(assign.Round{
		Now: now, Orders: waiting, Couriers: s.couriers(m.Couriers, m.Now), Config: s.config, Travel: s.plane,
		Expected: assign.Expect(s.seen, now, s.config.Ahead),
	})
	a := answer{Offers: make([]offer, len(decision.Offers))}
	for i, o := range decision.Offers {
		a.Offers[i] = offer{o.Orders, o.Couriers, int64(o.Expires.Sub(now) / time.Second)}
	}
	return a
}

// remember notes the orders that were placed since the last round.
func (s *simulation) remember(waiting []assign.Order) {
	newest := s.newest
	for _, o := range waiting {
		if o.Placed.After(s.newest) {
			s.seen = append(s.seen, o)
		}
		if o.Placed.After(newest) {
			newest = o.Placed
		}
	}
	s.newest = newest
}

// learn folds what a courier did into its habits.
func (s *simulation) learn(e happens) {
	switch e.Kind {
	case "accepted", "rejected", "expired":
		s.habits[e.Courier] = s.habits[e.Courier].Answered(e.Kind == "accepted")
	}
}

func orders(views []order) []assign.Order {
	all := make([]assign.Order, len(views))
	for i, v := range views {
		all[i] = assign.Order{
			ID: v.ID, Shop: v.Restaurant, Pickup: point(v.PX, v.PY), Dropoff: point(v.DX, v.DY),
			Placed: clock(v.Placed), Ready: clock(v.Ready), Offered: v.Offered,
		}
	}
	return all
}

// overdue is when a courier is expected who should have been free by now.
const overdue = 60

func (s *simulation) couriers(views []courier, now int64) []assign.Courier {
	all := make([]assign.Courier, len(views))
	for i, v := range views {
		free := v.FreeAt
		if !v.Idle {
			free = max(free, now+overdue)
		}
		all[i] = assign.Courier{
			ID: v.ID, At: point(v.X, v.Y), FreeAt: clock(free), Off: clock(v.Off), Online: true,
			Offered: v.Offered, Score: 50, Habits: s.habits[v.ID],
		}
	}
	return all
}

// plane is the judge's flat city: points hold metres in place of degrees.
type plane struct {
	metresPerMinute float64
	round           time.Duration
}

func point(x, y float64) geo.Point { return geo.Point{Lng: x, Lat: y} }

// Time returns the time of the straight line, rounded up.
func (p plane) Time(from, to geo.Point) time.Duration {
	minutes := math.Hypot(from.Lng-to.Lng, from.Lat-to.Lat) / p.metresPerMinute
	units := minutes * float64(time.Minute/p.round)
	return time.Duration(math.Ceil(units-1e-9)) * p.round
}

func clock(second int64) time.Time { return time.Unix(second, 0).UTC() }

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
