package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/order"
)

func TestCouriersReportForThemselvesAndTheirOrders(t *testing.T) {
	c := start(t)
	db := c.docs()
	orders := docs.In[order.Order](db, "orders")
	require.NoError(t, db.Commit(t.Context(),
		orders.Create("mine", order.Order{ID: "mine", Courier: "c7"}),
		orders.Create("theirs", order.Order{ID: "theirs", Courier: "c8"})))

	now := time.Now().UTC()
	of := func(orders ...string) (f fixes) {
		for i, o := range orders {
			f.Fixes = append(f.Fixes, fix{now.Add(time.Duration(i) * time.Second), 30, -97, o})
		}
		return f
	}
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprint("o", i)
	}
	courier := c.stack.Token(auth.Courier, "c7")
	for name, tt := range map[string]struct {
		token, path string
		body        fixes
		want        int
	}{
		"without an order":                {courier, "/v1/couriers/c7/locations", of(""), http.StatusOK},
		"with its own":                    {courier, "/v1/couriers/c7/locations", of("mine", "", "mine"), http.StatusOK},
		"with another's":                  {courier, "/v1/couriers/c7/locations", of("mine", "theirs"), http.StatusUnprocessableEntity},
		"with one that is not there":      {courier, "/v1/couriers/c7/locations", of("none"), http.StatusUnprocessableEntity},
		"with one that cannot be":         {courier, "/v1/couriers/c7/locations", of("a/b"), http.StatusUnprocessableEntity},
		"with more than anybody carries":  {courier, "/v1/couriers/c7/locations", of(many...), http.StatusUnprocessableEntity},
		"for another courier":             {courier, "/v1/couriers/c8/locations", of(""), http.StatusNotFound},
		"a customer does not report":      {c.stack.Token(auth.Customer, "ann"), "/v1/couriers/c7/locations", of(""), http.StatusForbidden},
		"an operator reports for anybody": {c.stack.Operator, "/v1/couriers/c8/locations", of("theirs"), http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(tt.body)
			require.NoError(t, err)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.stack.URL+tt.path, bytes.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+tt.token)
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, tt.want, resp.StatusCode)
		})
	}
}
