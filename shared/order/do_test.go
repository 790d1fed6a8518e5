package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/order"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func placed() order.Order {
	return order.Order{ID: "o", Customer: "ann", Shop: "bakery", Zone: "malta"}.Place(noon)
}

// in returns an order that went as far as a state.
func in(t require.TestingT, s order.State) order.Order {
	o := placed()
	for _, c := range map[order.State][]order.Change{
		order.Accepted:  {{Action: order.Accept}},
		order.Ready:     {{Action: order.Accept}, {Action: order.Prepare}},
		order.PickedUp:  {{Action: order.Accept}, {Action: order.Assign, Courier: "cyd"}, {Action: order.PickUp}},
		order.Delivered: {{Action: order.Accept}, {Action: order.Assign, Courier: "cyd"}, {Action: order.PickUp}, {Action: order.Deliver}},
		order.Cancelled: {{Action: order.Cancel, Reason: "late"}},
		order.Rejected:  {{Action: order.Reject, Reason: "closing"}},
	}[s] {
		var err error
		o, err = o.Do(c, order.Actor{Role: order.Operator}, noon)
		require.NoError(t, err)
	}
	require.Equal(t, s, o.State)
	return o
}

func TestWhoMayDoWhatAndWhen(t *testing.T) {
	late := order.Change{Action: order.Cancel, Reason: "late"}
	stars := order.Change{Action: order.Rate, Rating: order.Rating{Courier: 5, Shop: 4}}
	tests := map[string]struct {
		state   order.State
		change  order.Change
		by      order.Actor
		want    order.State
		refusal string
	}{
		"a shop accepts": {order.Placed, order.Change{Action: order.Accept}, order.Actor{Role: order.Shop}, order.Accepted, ""},
		"a customer does not": {
			order.Placed, order.Change{Action: order.Accept}, order.Actor{Role: order.Customer}, "", "a customer cannot accept an order that is placed: allowed is cancel",
		},
		"nothing is ready before it is accepted": {
			order.Placed, order.Change{Action: order.Prepare}, order.Actor{Role: order.Shop}, "", "allowed is accept, reject, cancel",
		},
		"nothing is fetched before it is accepted": {
			order.Placed, order.Change{Action: order.PickUp}, order.Actor{Role: order.Operator}, "", "allowed is accept, reject, assign, cancel",
		},
		"nothing is fetched by nobody": {
			order.Ready, order.Change{Action: order.PickUp}, order.Actor{Role: order.Operator}, "", "it has no courier",
		},
		"another courier fetches nothing": {
			order.Ready, order.Change{Action: order.PickUp}, order.Actor{Role: order.Courier, ID: "dan"}, "", "another courier's",
		},
		"its courier delivers":                    {order.PickedUp, order.Change{Action: order.Deliver, Proof: "photo"}, order.Actor{Role: order.Courier, ID: "cyd"}, order.Delivered, ""},
		"a customer cancels what waits":           {order.Placed, late, order.Actor{Role: order.Customer}, order.Cancelled, ""},
		"a customer does not cancel what is made": {order.Accepted, late, order.Actor{Role: order.Customer}, "", "nothing is allowed to them"},
		"a shop does":                             {order.Ready, late, order.Actor{Role: order.Shop}, order.Cancelled, ""},
		"only operators cancel on the road":       {order.PickedUp, late, order.Actor{Role: order.Operator}, order.Cancelled, ""},
		"a courier never cancels":                 {order.PickedUp, late, order.Actor{Role: order.Courier, ID: "cyd"}, "", "allowed is deliver"},
		"a cancellation has a reason":             {order.Placed, order.Change{Action: order.Cancel}, order.Actor{Role: order.Customer}, "", "a reason is missing"},
		"what is delivered stays delivered":       {order.Delivered, late, order.Actor{Role: order.Operator}, "", "nothing is allowed"},
		"a customer rates":                        {order.Delivered, stars, order.Actor{Role: order.Customer}, order.Delivered, ""},
		"six stars are too many": {
			order.Delivered, order.Change{Action: order.Rate, Rating: order.Rating{Courier: 6, Shop: 1}}, order.Actor{Role: order.Customer}, "", "1 to 5 stars",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := in(t, test.state)
			after, err := before.Do(test.change, test.by, noon)
			if test.refusal != "" {
				require.ErrorIs(t, err, order.ErrRefused)
				require.ErrorContains(t, err, test.refusal)
				require.Equal(t, before, after)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, after.State)
			require.Equal(t, before.Version+1, after.Version)
		})
	}
}

func TestARatingCountsOnceForTheCourier(t *testing.T) {
	before := in(t, order.Delivered)
	stars := order.Change{Action: order.Rate, Rating: order.Rating{Courier: 3, Shop: 5}}
	after, err := before.Do(stars, order.Actor{Role: order.Customer}, noon)
	require.NoError(t, err)
	events := after.Follow(before)
	require.Len(t, events, 2, "the order did not go on: a notice and a fact")
	for _, e := range events {
		require.NoError(t, e.Validate())
	}
	again, err := after.Do(stars, order.Actor{Role: order.Customer}, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, after, again)
	_, err = after.Do(order.Change{Action: order.Rate, Rating: order.Rating{Courier: 1, Shop: 1}}, order.Actor{Role: order.Customer}, noon)
	require.ErrorContains(t, err, "it has been rated")
}

// Whatever is tried: versions count changes, ends are ends, times are in order,
// and what Allows names is what Do does not refuse for its state.
func TestTheLifeOfAnOrder(t *testing.T) {
	roles := []order.Role{order.Customer, order.Shop, order.Courier, order.Operator}
	actions := []order.Action{order.Accept, order.Reject, order.Prepare, order.Assign, order.PickUp, order.Deliver, order.Cancel, order.Rate}
	rapid.Check(t, func(t *rapid.T) {
		o, now := placed(), noon
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Minute)
			c := order.Change{
				Action: rapid.SampledFrom(actions).Draw(t, "action"), Reason: "why", Courier: rapid.SampledFrom([]string{"", "cyd", "dan"}).Draw(t, "courier"),
				Rating: order.Rating{Courier: 5, Shop: 5},
			}
			by := order.Actor{Role: rapid.SampledFrom(roles).Draw(t, "role"), ID: "cyd"}
			next, err := o.Do(c, by, now)
			switch {
			case err != nil:
				require.ErrorIs(t, err, order.ErrRefused)
				require.Equal(t, o, next)
			case next.Version == o.Version:
				require.Equal(t, o, next)
			default:
				require.Contains(t, o.State.Allows(by.Role), c.Action)
				require.Equal(t, o.Version+1, next.Version)
				require.False(t, o.State.Closed() && next.State != o.State, "%s is an end", o.State)
				for _, e := range next.Follow(o) {
					require.NoError(t, e.Validate())
				}
			}
			require.Equal(t, next.State.Closed(), !next.Open)
			require.Equal(t, next.State.Closed(), !next.ClosedAt.IsZero())
			o = next
		}
	})
}

// However orders and counts interleave, no more is on order or sold since a count
// than that count, unless a count was lower than what was on order already.
func TestAShelfNeverSellsMoreThanThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := order.Shelf{}.At(rapid.Int64Range(0, 20).Draw(t, "figure"))
		var held []int64
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				q := rapid.Int64Range(1, 5).Draw(t, "quantity")
				left := s.Left()
				next, ok := s.Hold(q)
				require.Equal(t, q <= left, ok)
				if s = next; ok {
					held = append(held, q)
				}
			case 1, 2:
				if len(held) > 0 {
					f := rapid.SampledFrom([]func(order.Shelf, int64) order.Shelf{order.Shelf.Release, order.Shelf.Fetch}).Draw(t, "end")
					s, held = f(s, held[0]), held[1:]
				}
			case 3:
				s = s.At(rapid.Int64Range(0, 20).Draw(t, "figure"))
			}
			var open int64
			for _, q := range held {
				open += q
			}
			require.Equal(t, open, s.Held)
			require.LessOrEqual(t, s.Left(), max(0, s.Figure-open))
			require.GreaterOrEqual(t, s.Left(), int64(0))
		}
	})
}
