package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
	"lastmile/shared/job"
	"lastmile/shared/logs"
	"lastmile/shared/order"
)

// socket is one of whoever has the token, which watches topics.
func (s *shop) socket(t *testing.T, token string, topics object) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"lastmile.v1", "token." + token}}
	ws, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/gateway/v1/socket", nil)
	require.NoError(t, err, "%v", resp)
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(2*time.Minute)))
	require.NoError(t, ws.WriteJSON(object{"hello": object{"topics": topics}}))
	return ws
}

// states are those that a socket is told of, from now on: a socket that nobody
// reads answers no pings, and is taken for dead within a minute.
func states(t *testing.T, ws *websocket.Conn) <-chan order.State {
	require.NoError(t, ws.SetReadDeadline(time.Time{}))
	told := make(chan order.State, 100)
	go func() {
		defer close(told)
		for {
			var frame struct{ D struct{ State order.State } }
			if err := ws.ReadJSON(&frame); err != nil {
				return
			}
			if frame.D.State != "" {
				told <- frame.D.State
			}
		}
	}()
	t.Cleanup(func() {
		ws.Close()
		for range told { // until it has ended
		}
	})
	return told
}

// found are the records of a search.
func (s *shop) found(t *testing.T, query string) []logs.Record {
	t.Helper()
	var page struct{ Records []logs.Record }
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, "/v1/logs?"+query, nil, &page))
	return page.Records
}

func TestEverythingAboutAJobIsOneSearch(t *testing.T) {
	s := openShop(t, 10)
	var got struct{ ID job.ID }
	price := object{"kind": "items.price", "shop": "bakery", "params": object{"percent": 10}, "items": []string{"item-1"}}
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs", price, &got, "X-Request-Id", "story-1"))
	s.closed(t, got.ID)
	s.idle(t)

	for query, of := range map[string]string{"job=" + string(got.ID): "a job", "request=story-1": "a request", "entity=shop:bakery": "a shop"} {
		t.Run("across services, of "+of, func(t *testing.T) {
			var times []string
			require.Eventually(t, func() bool { // a record is kept beside the answer
				wanted := map[string]bool{"api": true, "jobplan": true, "bulkpage": true, "jobfinish": true}
				times = nil
				for _, r := range s.found(t, query) {
					delete(wanted, r.Service)
					times = append(times, r.Time.Format("150405.000000"))
				}
				return len(wanted) == 0
			}, patience, 20*time.Millisecond, "a service is missing")
			require.True(t, slices.IsSorted(times), "in the order in which it happened")
		})
	}
	request := s.found(t, "request=story-1&service=api")[0]
	require.Equal(t, "POST /v1/jobs", request.Operation)
	require.NotEmpty(t, request.Caller)
	require.Equal(t, string(got.ID), request.Job)
	require.Empty(t, s.found(t, "state=started&olderThan=60"), "nothing crashed")
}

func TestEverythingAboutAnOrderIsOneSearch(t *testing.T) {
	b := bakehouseIn(t, open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1}), bread("rye", 400, 5))
	told := states(t, b.socket(t, b.Token(auth.Customer, "ann"), object{}))
	status, o := b.place(t, want("rye", 1))
	require.Equal(t, http.StatusCreated, status)
	do := func(action string, body any, who []string) {
		t.Helper()
		require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/orders/"+string(o.ID)+"/"+action, body, &object{}, who...))
	}
	do("accept", object{"prepMinutes": 1}, b.ben)
	do("ready", nil, b.ben)
	story := func() (all []logs.Record) { return b.found(t, "entity=order:"+string(o.ID)+"&limit=500") }
	b.until(t, "a timer looks for a courier again", func() bool {
		return slices.ContainsFunc(story(), func(r logs.Record) bool { return strings.HasPrefix(r.Operation, "assign timer ") })
	})
	b.assign(t, o.ID, "cyd")
	do("pickup", nil, b.cyd)
	do("deliver", object{}, b.cyd)
	heard := []order.State{""}
	for heard[len(heard)-1] != order.Delivered {
		select {
		case state, open := <-told:
			require.True(t, open, "the socket stays open; so far it was told of %q", heard)
			heard = append(heard, state)
		case <-time.After(2 * time.Minute):
			require.Fail(t, "the customer is told", "so far of %q", heard)
		}
	}
	b.idle(t)

	delivered := func(r logs.Record) bool {
		return r.Service == "gateway" && r.Operation == "gateway delivered" && slices.Contains(r.Entities, "customer:ann")
	}
	var all []logs.Record
	b.until(t, "the gateway's records are kept", func() bool {
		all = story()
		return len(slices.DeleteFunc(slices.Clone(all), func(r logs.Record) bool { return !delivered(r) })) >= 5
	})
	operations := map[string][]string{}
	for _, r := range all {
		operations[r.Service] = append(operations[r.Service], r.Operation)
	}
	for _, operation := range []string{"POST /v1/orders", "POST /v1/orders/{order}/accept", "POST /v1/dispatch/{order}/pin", "POST /v1/orders/{order}/deliver"} {
		require.Contains(t, operations["api"], operation, "HTTP")
	}
	for _, service := range []string{"assign", "notify", "scoreupdate"} {
		require.NotEmpty(t, operations[service], "events: %v", operations)
	}
	require.True(t, slices.IsSortedFunc(all, func(a, b logs.Record) int { return a.Time.Compare(b.Time) }), "in the order in which it happened")
	placing := slices.IndexFunc(all, func(r logs.Record) bool { return r.Operation == "POST /v1/orders" })
	delivery := slices.IndexFunc(all, func(r logs.Record) bool { return r.Operation == "POST /v1/orders/{order}/deliver" })
	first := slices.IndexFunc(all, delivered)
	require.Less(t, placing, first, "the customer is told of the order after it was placed")
	require.Less(t, first, delivery, "and before it was delivered")
}
