package e2e_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/job"
	"lastmile/shared/logs"
)

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
			var services, times []string
			for _, r := range s.found(t, query) {
				services = append(services, r.Service)
				times = append(times, r.Time.Format("150405.000000"))
			}
			for _, service := range []string{"api", "jobplan", "bulkpage", "jobfinish"} {
				require.Contains(t, services, service)
			}
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
	b := openBakehouse(t, bread("rye", 400, 5))
	status, o := b.place(t, want("rye", 1))
	require.Equal(t, http.StatusCreated, status)
	do := func(action string, body any, who []string) {
		t.Helper()
		require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/orders/"+string(o.ID)+"/"+action, body, &object{}, who...))
	}
	do("accept", object{}, b.ben)
	do("ready", nil, b.ben)
	b.assign(t, o.ID, "cyd")
	do("pickup", nil, b.cyd)
	do("deliver", object{}, b.cyd)
	b.idle(t)

	services := map[string][]string{}
	var times []string
	for _, r := range b.found(t, "entity=order:"+string(o.ID)+"&limit=500") {
		services[r.Service] = append(services[r.Service], r.Operation)
		times = append(times, r.Time.Format("150405.000000"))
	}
	require.True(t, slices.IsSorted(times), "in the order in which it happened")
	for _, operation := range []string{"POST /v1/orders", "POST /v1/orders/{order}/accept", "POST /v1/dispatch/{order}/pin", "POST /v1/orders/{order}/deliver"} {
		require.Contains(t, services["api"], operation)
	}
	for _, service := range []string{"assign", "notify", "scoreupdate"} {
		require.NotEmpty(t, services[service], "%v", services)
	}
}
