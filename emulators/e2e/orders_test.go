package e2e_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
	"lastmile/shared/cart"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// bakehouse is a shop that is always open, with some items, in a zone of its own.
type bakehouse struct {
	*shop
	ann, bob, ben, cyd []string // headers: a customer, another, the merchant, a courier
}

func as(s *shop, e auth.Entity, id string, shops ...string) []string {
	return []string{"Authorization", "Bearer " + s.Token(e, id, shops...)}
}

func openBakehouse(t testing.TB, items ...catalog.Item) *bakehouse {
	t.Helper()
	return bakehouseIn(t, open(t, stack.Options{Quiet: true, EmbeddedRedis: true}), items...)
}

func bakehouseIn(t testing.TB, s *shop, items ...catalog.Item) *bakehouse {
	t.Helper()
	require.Equal(t, http.StatusOK, s.call(t, "PUT", "/v1/zones/malta", object{
		"name": "Malta", "currency": "EUR", "timeZone": "Europe/Malta",
		"area": []object{point(35, 14), point(35, 15), point(36, 15), point(36, 14)},
		"fees": object{"delivery": 250, "perKilometre": 50, "freeMetres": 2000, "serviceBasisPoints": 500},
	}, &object{}))
	require.Equal(t, http.StatusOK, s.call(t, "PUT", "/v1/shops/bakery", bakeryShop(), &object{}))
	require.Equal(t, http.StatusOK, s.call(t, "PUT", "/v1/couriers/cyd", object{
		"name": "Cyd", "zone": "malta", "vehicle": "bicycle", "capacity": 2, "cashLimit": 10000,
	}, &object{}))
	b := &bakehouse{shop: s}
	b.ann, b.bob = as(s, auth.Customer, "ann"), as(s, auth.Customer, "bob")
	b.ben, b.cyd = as(s, auth.Merchant, "ben", "bakery"), as(s, auth.Courier, "cyd")
	for _, i := range items {
		b.put(t, i)
	}
	return b
}

func point(lat, lng float64) object { return object{"lat": lat, "lng": lng} }

func bakeryShop() object {
	return object{
		"name": "Bakery", "point": point(35.9, 14.5), "zone": "malta", "timeZone": "Europe/Malta", "currency": "EUR", "open": true,
		"hours":    object{"week": []object{{"on": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "from": "00:00", "to": "00:00"}}},
		"minOrder": 300, "prepMinutes": 15,
	}
}

// put stores an item as a sync does.
func (b *bakehouse) put(t testing.TB, i catalog.Item) {
	t.Helper()
	stored := catalogdb.Item{Item: i, Terms: catalog.Terms(i.Name)}
	require.NoError(t, b.db.Commit(t.Context(), docs.In[catalogdb.Item](b.db, "shops", "bakery", "items").Set(catalog.DocID(i.ID), stored)))
}

func bread(id string, price, stock int64) catalog.Item {
	return catalog.Item{
		ID: id, Name: "Bread of " + id, Category: "bread", Available: true,
		Price: catalog.Money{Amount: price, Currency: "EUR"}, Stock: stock, StockKnown: stock >= 0,
	}
}

// want returns a cart of so many of one item.
func want(item string, quantity int64) object {
	return object{"shop": "bakery", "lines": []object{{"item": item, "quantity": quantity}}, "dropoff": object{"point": point(35.91, 14.5)}}
}

type checked struct {
	Ready    bool
	Problems []cart.Problem
	Quote    cart.Quote
}

func (b *bakehouse) check(t testing.TB, c object) checked {
	t.Helper()
	var got checked
	require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/carts/validate", c, &got, b.ann...))
	return got
}

type placed struct {
	order.Order
	Allowed []order.Action
	Detail  string
	Errors  []struct {
		Location string
		Value    any
	}
}

// place orders a cart at the price of now, and returns the answer's status.
func (b *bakehouse) place(t testing.TB, c object, header ...string) (int, placed) {
	t.Helper()
	c["quote"] = b.check(t, c).Quote.Hash
	var got placed
	status := b.call(t, "POST", "/v1/orders", c, &got, append(b.ann, header...)...)
	return status, got
}

func TestTheLifeOfAnOrder(t *testing.T) {
	b := openBakehouse(t, bread("rye", 250, 5))
	status, o := b.place(t, want("rye", 2), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, status, o.Detail)
	require.Equal(t, order.Price{Currency: "EUR", Items: 500, Delivery: 250, Service: 25, Total: 775}, o.Price)
	require.Equal(t, []order.Action{order.Cancel}, o.Allowed)
	path := "/v1/orders/" + string(o.ID)

	status, again := b.place(t, want("rye", 2), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, status)
	require.Equal(t, o.ID, again.ID, "the same key is the same order")

	t.Run("others do not see it", func(t *testing.T) {
		for name, who := range map[string][]string{
			"another customer": b.bob, "a courier": b.cyd, "another merchant": as(b.shop, auth.Merchant, "max", "butcher"),
		} {
			require.Equal(t, http.StatusNotFound, b.call(t, "GET", path, nil, &object{}, who...), name)
		}
		require.Equal(t, http.StatusNotFound, b.call(t, "POST", path+"/accept", object{}, &object{}, as(b.shop, auth.Merchant, "max", "butcher")...))
	})
	t.Run("what is out of turn is refused with what is allowed", func(t *testing.T) {
		var refused placed
		require.Equal(t, http.StatusConflict, b.call(t, "POST", path+"/ready", nil, &refused, b.ben...))
		require.Contains(t, refused.Detail, "allowed is accept, reject, cancel")
	})
	step := func(action string, who []string, body any) placed {
		t.Helper()
		var got placed
		require.Equal(t, http.StatusOK, b.call(t, "POST", path+"/"+action, body, &got, who...), "%s: %s", action, got.Detail)
		return got
	}
	require.Equal(t, 15*time.Minute, func() time.Duration { o := step("accept", b.ben, object{}); return o.PromisedAt.Sub(o.AcceptedAt) }())
	step("ready", b.ben, nil)
	b.assign(t, o.ID, "cyd")
	require.Equal(t, order.PickedUp, step("pickup", b.cyd, nil).State)
	require.Equal(t, order.Delivered, step("deliver", b.cyd, object{}).State)
	rated := step("rate", b.ann, object{"courier": 5, "shop": 4})
	require.Equal(t, 4, rated.Rating.Shop)
	require.Equal(t, http.StatusConflict, b.call(t, "POST", path+"/rate", object{"courier": 1, "shop": 1}, &object{}, b.ann...))

	var mine struct{ Orders []order.Order }
	for name, who := range map[string][]string{"the customer's": b.ann, "the shop's": b.ben, "the courier's": b.cyd} {
		require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/orders", nil, &mine, who...), name)
		require.Len(t, mine.Orders, 1, name)
	}
	mine.Orders = nil
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/orders", nil, &mine, b.bob...))
	require.Empty(t, mine.Orders)
}

// assign has a courier bring an order, and waits until the order says so.
func (b *bakehouse) assign(t testing.TB, id order.ID, courier string) {
	t.Helper()
	pinned := http.StatusNotFound
	require.Eventually(t, func() bool {
		if pinned != http.StatusOK {
			pinned = b.call(t, "POST", "/v1/dispatch/"+string(id)+"/pin", object{"courier": courier}, &object{})
		}
		var o placed
		return b.call(t, "GET", "/v1/orders/"+string(id), nil, &o) == http.StatusOK && o.Courier == courier
	}, 20*time.Second, 50*time.Millisecond)
}

func TestWhatChangedSinceTheQuoteIsSaid(t *testing.T) {
	b := openBakehouse(t)
	tests := map[string]struct {
		change func(id string)
		code   cart.Code
	}{
		"the price": {func(id string) { b.put(t, bread(id, 260, 5)) }, ""},
		"the stock": {func(id string) { b.put(t, bread(id, 250, 1)) }, cart.NotEnoughStock},
		"the item":  {func(id string) { i := bread(id, 250, 5); i.Available = false; b.put(t, i) }, cart.Unavailable},
		"the shop": {func(string) {
			require.Equal(t, http.StatusOK, b.call(t, "PUT", "/v1/shops/bakery/open", object{"open": false}, &object{}, b.ben...))
		}, cart.ShopClosed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			id := "rye" + string(test.code)
			b.put(t, bread(id, 250, 5))
			require.Equal(t, http.StatusOK, b.call(t, "PUT", "/v1/shops/bakery", bakeryShop(), &object{}))
			c := want(id, 2)
			c["quote"] = b.check(t, c).Quote.Hash
			test.change(id)
			var refused placed
			require.Equal(t, http.StatusConflict, b.call(t, "POST", "/v1/orders", c, &refused, b.ann...))
			last := refused.Errors[len(refused.Errors)-1]
			require.Equal(t, "body.quote", last.Location)
			if test.code != "" {
				require.Equal(t, string(test.code), refused.Errors[0].Value.(object)["code"])
				return
			}
			c["quote"] = last.Value.(object)["hash"]
			require.Equal(t, http.StatusCreated, b.call(t, "POST", "/v1/orders", c, &refused, b.ann...))
		})
	}
}

func TestTheLastBreadIsSoldOnceThroughTheAPI(t *testing.T) {
	b := openBakehouse(t, bread("rye", 400, 3))
	c := want("rye", 1)
	c["quote"] = b.check(t, c).Quote.Hash
	var sold, refused atomic.Int64
	var g errgroup.Group
	g.SetLimit(50)
	customers := make([][]string, 20)
	for i := range customers {
		customers[i] = as(b.shop, auth.Customer, fmt.Sprint("customer-", i))
	}
	for i := range 200 {
		g.Go(func() error {
			var got object
			switch status := b.call(t, "POST", "/v1/orders", c, &got, customers[i%len(customers)]...); status {
			case http.StatusCreated:
				sold.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				return fmt.Errorf("%d: %v", status, got)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.EqualValues(t, 3, sold.Load())
	require.EqualValues(t, 197, refused.Load())
}

func TestItemsAreSearchedAtThePricesOfNow(t *testing.T) {
	b := openBakehouse(t, bread("rye", 250, 5), bread("oat", 100, -1), bread("wheat", 300, 0))
	find := func(query string) []object {
		t.Helper()
		var got struct{ Items []object }
		require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/shops/bakery/items?"+query, nil, &got, b.ann...))
		return got.Items
	}
	require.Len(t, find("search=bread"), 3)
	require.Len(t, find("search=BRE%20ry"), 1)
	require.Len(t, find("search=bre&category=bread&available=true"), 3)
	require.Empty(t, find("search=cake"))
	_, o := b.place(t, want("rye", 2))
	require.Equal(t, order.Placed, o.State)
	rye := find("search=rye")[0]
	require.EqualValues(t, 250, rye["charged"])
	require.EqualValues(t, 3, rye["left"])
	require.NotContains(t, find("search=oat")[0], "left")
	require.Equal(t, http.StatusUnprocessableEntity, b.call(t, "GET", "/v1/shops/bakery/items?search=%21", nil, &object{}, b.ann...))
}

func TestWhoMayChangeAShop(t *testing.T) {
	b := openBakehouse(t)
	max := as(b.shop, auth.Merchant, "max", "butcher")
	require.Equal(t, http.StatusNotFound, b.call(t, "PUT", "/v1/shops/bakery", bakeryShop(), &object{}, max...))
	require.Equal(t, http.StatusForbidden, b.call(t, "PUT", "/v1/shops/bakery", bakeryShop(), &object{}, b.ann...))
	moved := bakeryShop()
	moved["zone"] = "gozo"
	require.Equal(t, http.StatusForbidden, b.call(t, "PUT", "/v1/shops/bakery", moved, &object{}, b.ben...))
	require.Equal(t, http.StatusOK, b.call(t, "PUT", "/v1/shops/bakery", bakeryShop(), &object{}, append(b.ben, "If-Match", `"1"`)...))
	require.Equal(t, http.StatusPreconditionFailed, b.call(t, "PUT", "/v1/shops/bakery", bakeryShop(), &object{}, append(b.ben, "If-Match", `"1"`)...))
	bad := bakeryShop()
	bad["timeZone"], bad["currency"], bad["minOrder"] = "Mars/Olympus", "euro", -1
	var faults placed
	require.Equal(t, http.StatusUnprocessableEntity, b.call(t, "PUT", "/v1/shops/bakery", bad, &faults))
	require.Len(t, faults.Errors, 3)
	var versions struct{ Versions []object }
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/shops/bakery/versions", nil, &versions, b.ben...))
	require.Len(t, versions.Versions, 2)
	require.Equal(t, "merchant:ben", versions.Versions[0]["by"])
}

func TestCouriersOnDuty(t *testing.T) {
	b := openBakehouse(t)
	duty := func(on bool, who ...string) int {
		return b.call(t, "PUT", "/v1/couriers/cyd/duty", object{"onDuty": on}, &object{}, who...)
	}
	require.Equal(t, http.StatusOK, duty(true, b.cyd...))
	require.Equal(t, http.StatusNotFound, duty(true, as(b.shop, auth.Courier, "dan")...))
	var cyd object
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/couriers/cyd", nil, &cyd, b.cyd...))
	require.Equal(t, true, cyd["onDuty"])
	require.Equal(t, http.StatusUnprocessableEntity, b.call(t, "PUT", "/v1/couriers/eve", object{"name": "", "zone": "malta", "vehicle": "car", "capacity": 0, "cashLimit": 0}, &object{}))
	require.Equal(t, http.StatusOK, b.call(t, "PUT", "/v1/couriers/cyd", object{
		"name": "Cyd", "zone": "malta", "vehicle": "car", "capacity": 2, "cashLimit": 0, "disabled": true,
	}, &object{}, "If-Match", `"2"`))
	require.NotEqual(t, http.StatusOK, duty(true, b.cyd...), "who is disabled gets nowhere")
	var list struct{ Couriers []object }
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/couriers?zone=malta&onDuty=true", nil, &list))
	require.Empty(t, list.Couriers)
}
