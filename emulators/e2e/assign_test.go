package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/auth"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/geo"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/score/scoredb"
)

// city is a stack with couriers on duty around a bakery.
type city struct {
	*shop
	orders *orderdb.Store
	tokens map[string]string
}

var bakery = geo.Point{Lat: 35.8989, Lng: 14.5146}

func openCity(t *testing.T, couriers ...string) *city {
	t.Helper()
	return openCityOn(t, stackOptions(), couriers...)
}

func openCityOn(t *testing.T, o stack.Options, couriers ...string) *city {
	t.Helper()
	s := open(t, o)
	c := &city{shop: s, orders: orderdb.New(s.db), tokens: map[string]string{}}
	for i, id := range couriers {
		require.NoError(t, courierdb.New(s.db).Create(t.Context(), courier.Courier{
			ID: courier.ID(id), Zone: "valletta", Vehicle: courier.Bicycle, Capacity: 2, OnDuty: true,
		}))
		c.tokens[id] = "Bearer " + s.Token(auth.Courier, id)
		fix := object{"at": time.Now(), "lat": bakery.Lat + float64(i+1)/1e4, "lng": bakery.Lng}
		var receipt object
		status := s.call(t, "POST", "/v1/couriers/"+id+"/locations", object{"fixes": []object{fix}}, &receipt)
		require.Equal(t, http.StatusOK, status, "%v", receipt)
	}
	return c
}

// accepted is an order that the shop has accepted, and that is ready soon.
func (c *city) accepted(t *testing.T, id string) {
	t.Helper()
	o := order.Order{
		ID: order.ID(id), Customer: "cy", Shop: "bakery", Zone: "valletta", Pickup: order.Place{Point: bakery},
		Dropoff: order.Place{Point: geo.Point{Lat: bakery.Lat + 0.01, Lng: bakery.Lng}},
	}.Place(time.Now().UTC())
	require.NoError(t, c.db.Commit(t.Context(), docs.In[order.Order](c.db, "orders").Create(id, o)))
	c.does(t, id, order.Change{Action: order.Accept, Prep: time.Minute}, order.Shop, "bakery")
}

func (c *city) does(t *testing.T, id string, change order.Change, role order.Role, by string) {
	t.Helper()
	_, err := c.orders.Change(t.Context(), order.ID(id), func(o order.Order) (order.Order, error) {
		return o.Do(change, order.Actor{Role: role, ID: by}, time.Now().UTC())
	})
	require.NoError(t, err)
}

// as calls the API as a courier.
func (c *city) as(t *testing.T, courier, method, path string, out any) int {
	t.Helper()
	return c.call(t, method, path, nil, out, "Authorization", c.tokens[courier])
}

func (c *city) search(t *testing.T, id string) (d dispatch.Dispatch) {
	t.Helper()
	c.call(t, "GET", "/v1/dispatch/"+id, nil, &d)
	return d
}

// offered waits until an order is offered to so many couriers.
func (c *city) offered(t *testing.T, id string, n int) dispatch.Dispatch {
	t.Helper()
	var d dispatch.Dispatch
	c.until(t, "offers are made", func() bool {
		d = c.search(t, id)
		open := 0
		for _, o := range d.Offers {
			if o.State == dispatch.Offered {
				open++
			}
		}
		return open >= n
	})
	return d
}

func TestAnOrderGetsItsCourierAndTheCourierAScore(t *testing.T) {
	c := openCity(t, "ada", "bob")
	c.accepted(t, "o1")
	d := c.offered(t, "o1", 1)
	winner := d.Offers[0].Courier
	var mine struct{ Offers []struct{ Order string } }
	require.Equal(t, http.StatusOK, c.as(t, winner, "GET", "/v1/couriers/"+winner+"/offers", &mine))
	require.Len(t, mine.Offers, 1)
	require.Equal(t, "o1", mine.Offers[0].Order)

	var taken object
	require.Equal(t, http.StatusOK, c.as(t, winner, "POST", "/v1/offers/o1/accept", &taken), "%v", taken)
	c.until(t, "the order names its courier", func() bool {
		o, err := c.orders.Get(t.Context(), "o1")
		require.NoError(t, err)
		return o.Courier == winner
	})
	c.does(t, "o1", order.Change{Action: order.PickUp}, order.Courier, winner)
	c.does(t, "o1", order.Change{Action: order.Deliver}, order.Courier, winner)
	c.does(t, "o1", order.Change{Action: order.Rate, Rating: order.Rating{Courier: 5, Shop: 5}}, order.Customer, "cy")
	var r scoredb.Report
	c.until(t, "the score shows it all", func() bool {
		require.Equal(t, http.StatusOK, c.as(t, winner, "GET", "/v1/couriers/"+winner+"/score", &r))
		p := r.Score.Parts
		return p.Acceptance.Raw.Good == 100 && p.Completion.Raw.Good == 100 && p.OnTime.Raw.Trials == 100 && p.Rating.Raw.Good == 100
	})
	require.Greater(t, r.Score.Value, 50.0)
	require.Equal(t, dispatch.Completed, c.search(t, "o1").State)
	var gone object
	require.Equal(t, http.StatusNotFound, c.as(t, winner, "GET", "/v1/couriers/somebody/score", &gone), "another's score is none of theirs")
}

func TestEveryDecisionCanBeReplayed(t *testing.T) {
	c := openCity(t, "ada")
	c.accepted(t, "o1")
	c.offered(t, "o1", 1)
	var list struct{ Rounds []assigndb.RoundRef }
	require.Equal(t, http.StatusOK, c.call(t, "GET", "/v1/dispatch/o1/rounds", nil, &list))
	require.NotEmpty(t, list.Rounds)
	var replayed struct {
		Same     bool
		Decision struct {
			Ledger []struct{ Candidates []object }
		}
	}
	require.Equal(t, http.StatusOK, c.call(t, "POST", "/v1/rounds/"+list.Rounds[0].ID+"/replay", nil, &replayed))
	require.True(t, replayed.Same)
	require.Len(t, replayed.Decision.Ledger[0].Candidates, 1)
}

func TestAPinnedCourierStays(t *testing.T) {
	c := openCity(t, "ada", "bob")
	c.accepted(t, "o1")
	d := c.offered(t, "o1", 1)
	var pinned dispatch.Dispatch
	require.Equal(t, http.StatusOK, c.call(t, "POST", "/v1/dispatch/o1/pin", object{"courier": "bob"}, &pinned))
	var refused object
	if d.Offers[0].Courier != "bob" {
		require.Equal(t, http.StatusConflict, c.as(t, d.Offers[0].Courier, "POST", "/v1/offers/o1/accept", &refused))
	}
	c.until(t, "the order names its courier", func() bool {
		o, err := c.orders.Get(t.Context(), "o1")
		require.NoError(t, err)
		return o.Courier == "bob"
	})
}

func TestAZoneDecidesOnAllItsOrdersAtOnce(t *testing.T) {
	c := openCity(t, "ada", "bob")
	var stored assigndb.Revision
	settings := dispatch.Standard()
	settings.Mode, settings.EverySeconds, settings.Bundle = dispatch.WholeZone, 5, 1
	require.Equal(t, http.StatusOK, c.call(t, "PUT", "/v1/zones/valletta/dispatch", settings, &stored))
	require.Equal(t, 1, stored.Version)
	c.accepted(t, "o1")
	c.accepted(t, "o2")
	first, second := c.offered(t, "o1", 1), c.offered(t, "o2", 1)
	require.NotEqual(t, first.Offers[0].Courier, second.Offers[0].Courier, "nobody has two offers")
	require.Equal(t, 1, first.Settings, "the decision names the settings that made it")
	var list struct{ Rounds []assigndb.RoundRef }
	require.Equal(t, http.StatusOK, c.call(t, "GET", "/v1/zones/valletta/rounds", nil, &list))
	require.ElementsMatch(t, []string{"o1", "o2"}, list.Rounds[0].Orders)
}

func TestWhoSaysNoIsNotWaitedFor(t *testing.T) {
	c := openCity(t, "ada")
	c.accepted(t, "o1")
	c.offered(t, "o1", 1)
	require.NoError(t, c.Call(t.Context(), "POST", "/v1/offers/o1/reject", nil, nil, "Authorization", c.tokens["ada"]))
	c.until(t, "another round was made", func() bool { return c.search(t, "o1").Round == 2 })
	o, _ := c.search(t, "o1").OfferTo("ada")
	require.Equal(t, dispatch.Rejected, o.State)
	var refused object
	require.Equal(t, http.StatusConflict, c.as(t, "ada", "POST", "/v1/offers/o1/accept", &refused))
}
