package e2e_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/registry"
	"lastmile/shared/auth"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/deadletter"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/order"
)

// budgetWorld calls every route with what succeeds, and counts round trips.
type budgetWorld struct {
	*matrixWorld
	budgets map[string]int // by route
	fresh   int
}

func openBudgets(t *testing.T) *budgetWorld {
	t.Helper()
	w := &budgetWorld{matrixWorld: openMatrix(t), budgets: make(map[string]int)}
	for _, r := range w.api.routes {
		w.budgets[r.method+" "+r.path] = r.budget
	}
	var writes []docs.Write
	for i := range 200 {
		item := bread(fmt.Sprint("item-", i), 400, 1000)
		stored := catalogdb.Item{Item: item, Terms: catalog.Terms(item.Name)}
		writes = append(writes, docs.In[catalogdb.Item](w.db, "shops", "bakery", "items").Set(catalog.DocID(item.ID), stored))
	}
	require.NoError(t, w.db.Commit(t.Context(), writes...))
	names := w.names[auth.Operator]
	names["file"], names["draft"] = w.names[auth.Courier]["file"], w.names[auth.Courier]["draft"]
	require.NoError(t, deadletterdb.New(w.db).Put(t.Context(), deadletter.Letter{ID: "x1", Type: "client.notice.v1", Data: []byte("{}"), State: deadletter.Waiting}))
	_, err := courierdb.New(w.db).Change(t.Context(), "cyd", func(c courier.Courier) (courier.Courier, error) {
		c.Load.Cash = 100
		return c, nil
	})
	require.NoError(t, err)
	for _, route := range []string{"PUT /v1/shops/{shop}/catalog", "POST /v1/couriers/{courier}/locations"} {
		got, _ := w.trips(t, route, auth.Operator, operatorBodies()[route])
		require.Less(t, got.Code, http.StatusBadRequest, "%s", got.Body)
	}
	w.still(t)
	return w
}

// still ends what acts on events and timers, which would change what the next call
// is about.
func (w *budgetWorld) still(t *testing.T) {
	t.Helper()
	for _, f := range registry.Topology().Functions {
		if len(f.Subscriptions) > 0 || len(f.Schedules) > 0 {
			require.NoError(t, w.StopFunction(f.Name))
		}
	}
}

// trips calls a route, and returns the round trips of the call. Nobody has called
// as this caller before: that they may costs exactly one.
func (w *budgetWorld) trips(t *testing.T, route string, who auth.Entity, body string) (*httptest.ResponseRecorder, int) {
	method, path, _ := strings.Cut(route, " ")
	caller := auth.Caller{Entity: who, ID: owners()[who][own]}
	if who == auth.Operator {
		w.fresh++
		caller.ID = fmt.Sprint("op-", w.fresh)
	}
	ctx := logs.CountTrips(auth.With(t.Context(), caller))
	r := httptest.NewRequestWithContext(ctx, method, w.fill(path+queryOf(route, who), route, who, own), strings.NewReader(w.fill(body, route, who, own)))
	r.Header.Set("Content-Type", "application/json")
	got := httptest.NewRecorder()
	w.api.ServeHTTP(got, r)
	n, _ := logs.Trips(ctx).Total()
	return got, n - 1
}

// operatorBodies are those with which an operator succeeds, where another caller's does
// not do.
func operatorBodies() map[string]string {
	return map[string]string{
		"PUT /v1/couriers/{courier}":            `{"name":"Cyd","zone":"malta","vehicle":"bicycle","capacity":2,"cashLimit":10000}`,
		"PUT /v1/accounts/{entity}/{id}":        `{"disabled":false}`,
		"POST /v1/jobs":                         `{"kind":"items.price","shop":"bakery","params":{"percent":10},"items":["rye"]}`,
		"POST /v1/couriers/{courier}/locations": `{"fixes":[{"at":"` + time.Now().UTC().Format(time.RFC3339) + `","seq":1,"lat":35.9,"lng":14.5}]}`,
		"PUT /v1/shops/{shop}/catalog": `{"shop":"bakery","active":true,"provider":{"baseUrl":"http://127.0.0.1:9","auth":{}},"paging":{"style":"page","param":"page","sizeParam":"size","size":50,"first":1},
			"fields":{"items":"items","id":"id","name":"name","price":{"path":"price","format":"minorUnits","currency":"EUR"}},"limits":{},"schedule":{}}`,
	}
}

// before is the state in which an order has to be for a route to succeed.
func before() map[string]order.State {
	return map[string]order.State{
		"accept": order.Placed, "reject": order.Placed, "cancel": order.Placed, "ready": order.Accepted,
		"pickup": order.Ready, "deliver": order.PickedUp, "rate": order.Delivered,
	}
}

// order stores one of so many lines in the state that a route needs.
func (w *budgetWorld) order(t *testing.T, route string, lines int) {
	t.Helper()
	w.store(t, "mine", "ann", "bakery", "cyd", "")
	state, ok := before()[route[strings.LastIndex(route, "/")+1:]]
	if !ok || !strings.HasPrefix(route, "POST /v1/orders/") {
		return
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	o := order.Order{
		ID: "mine", Customer: "ann", Shop: "bakery", Zone: "malta", Courier: "cyd", State: state, Version: 1, Open: !state.Closed(),
		Price: order.Price{Currency: "EUR"}, PlacedAt: now, AcceptedAt: now, ReadyAt: now, DeliveredAt: now,
	}
	for i := range lines {
		o.Lines = append(o.Lines, order.Line{Item: fmt.Sprint("item-", i), Quantity: 1, Counted: true})
	}
	require.NoError(t, w.db.Commit(t.Context(), docs.In[order.Order](w.db, "orders").Set("mine", o)))
}

// cart is one of so many items, with the quote of now where it is ordered.
func (w *budgetWorld) cart(t *testing.T, lines int, ordered bool) string {
	t.Helper()
	wanted := make([]object, lines)
	for i := range wanted {
		wanted[i] = object{"item": fmt.Sprint("item-", i), "quantity": 1}
	}
	c := object{"shop": "bakery", "lines": wanted, "dropoff": object{"point": point(35.91, 14.5)}, "customer": "bob"}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	got, _ := w.trips(t, "POST /v1/carts/validate", auth.Operator, string(text))
	var answer checked
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &answer))
	require.True(t, answer.Ready, "%s", got.Body)
	if ordered {
		c["quote"] = answer.Quote.Hash
	}
	text, err = json.Marshal(c)
	require.NoError(t, err)
	return string(text)
}

// request is the body with which a route is called.
func (w *budgetWorld) request(t *testing.T, route string, who auth.Entity, lines int) string {
	t.Helper()
	switch route {
	case "POST /v1/carts/validate", "POST /v1/orders":
		return w.cart(t, lines, route == "POST /v1/orders")
	case "PUT /v1/shops/{shop}":
		text, err := json.Marshal(bakeryShop())
		require.NoError(t, err)
		return string(text)
	}
	if body, ok := operatorBodies()[route]; ok {
		return body
	}
	path, put := strings.CutPrefix(route, "PUT ")
	if _, read := w.budgets["GET "+path]; put && read {
		got, _ := w.trips(t, "GET "+path, who, "") // what is read can be sent back
		require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
		var read struct{ Settings, Config json.RawMessage }
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &read))
		if inner := cmp.Or(string(read.Settings), string(read.Config)); inner != "" {
			return inner
		}
		return got.Body.String()
	}
	return bodyOf(route, who)
}

// TestACallThatSucceedsKeepsToTheBudgetOfItsRoute calls every route of the matrix,
// which has all of the document, and those of carts and orders with many items.
func TestACallThatSucceedsKeepsToTheBudgetOfItsRoute(t *testing.T) {
	w := openBudgets(t)
	for _, r := range parse(t, matrix) {
		t.Run(r.name, func(t *testing.T) {
			who := r.caller()
			spent := make(map[int]int)
			for _, lines := range sizes(r.name) {
				w.order(t, r.name, lines)
				body := w.request(t, r.name, who, lines)
				got, n := w.trips(t, r.name, who, body)
				if want, elsewhere := refusedHere()[r.name]; elsewhere {
					require.Equal(t, want, got.Code, "it succeeds now: take it off the list: %s", got.Body)
				} else {
					require.Less(t, got.Code, http.StatusBadRequest, "%s", got.Body)
				}
				require.LessOrEqual(t, n, w.budgets[r.name], "with %d items", lines)
				require.GreaterOrEqual(t, n, 0)
				spent[lines] = n
				w.learn(r.name, got)
			}
			if strings.Contains(r.name, " /v1/carts") {
				require.Equal(t, []int{spent[1], spent[1]}, []int{spent[20], spent[200]}, "as many round trips for 200 items as for one")
			}
		})
	}
}

// caller is who calls a route: an operator where that can succeed.
func (r row) caller() auth.Entity {
	switch {
	case strings.HasSuffix(r.name, "/rate"):
		return auth.Customer
	case r.cells[auth.Operator].reach == "-", strings.HasPrefix(r.name, "DELETE /v1/devices"):
		return auth.Courier
	}
	return auth.Operator
}

// sizes are the numbers of items with which a route is called.
func sizes(route string) []int {
	if strings.HasPrefix(route, "POST /v1/carts") || strings.HasPrefix(route, "POST /v1/orders") {
		return []int{1, 20, 200}
	}
	return []int{1}
}

// learn keeps the name of what was made for the routes that follow.
func (w *budgetWorld) learn(route string, got *httptest.ResponseRecorder) {
	if route != "POST /v1/jobs" {
		return
	}
	var made struct{ ID string }
	if json.Unmarshal(got.Body.Bytes(), &made) == nil {
		w.names[auth.Operator]["id"] = [3]string{made.ID}
	}
}

// refusedHere are the routes for which this world has nothing to succeed with;
// each succeeds in the test of what it is for.
func refusedHere() map[string]int {
	return map[string]int{
		"POST /v1/sessions":                               http.StatusUnprocessableEntity, // an identity of the issuer
		"GET /v1/shops/{shop}/items/{item}/picture":       http.StatusNotFound,            // a picture
		"POST /v1/couriers/{courier}/facts/{fact}/appeal": http.StatusNotFound,            // a delivery
		"GET /v1/rounds/{round}":                          http.StatusNotFound,            // a round
		"POST /v1/rounds/{round}/replay":                  http.StatusNotFound,
		"POST /v1/offers/{order}/withdraw":                http.StatusConflict, // an order that the courier carries
		"POST /v1/jobs/{id}/retry":                        http.StatusConflict, // a job that failed
	}
}
