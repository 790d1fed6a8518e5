package e2e_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/tasks"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/order"
)

func TestAnOrderForWhichThereIsNobodyIsShownToOperators(t *testing.T) {
	c := openCity(t)
	settings := dispatch.Standard()
	settings.Rounds = 1
	var refused object
	require.Equal(t, http.StatusOK, c.call(t, "PUT", "/v1/zones/valletta/dispatch", settings, &refused), "%v", refused)
	c.accepted(t, "o1")
	c.until(t, "the order is given up", func() bool { return c.search(t, "o1").State == dispatch.Unassigned })
	var list struct{ Searches []dispatch.Dispatch }
	require.Equal(t, http.StatusOK, c.call(t, "GET", "/v1/dispatch?state=unassigned&zone=valletta", nil, &list))
	require.Len(t, list.Searches, 1)
	require.Equal(t, "o1", list.Searches[0].Order)
	var again dispatch.Dispatch
	require.Equal(t, http.StatusOK, c.call(t, "POST", "/v1/dispatch/o1/retry", nil, &again))
	require.Equal(t, dispatch.Waiting, again.State)
}

func TestAnOrderThatIsGivenBackGoesToAnother(t *testing.T) {
	c := openCity(t, "ada", "bob")
	c.accepted(t, "o1")
	first := c.offered(t, "o1", 1).Offers[0].Courier
	var answer object
	require.Equal(t, http.StatusOK, c.as(t, first, "POST", "/v1/offers/o1/accept", &answer), "%v", answer)
	require.Equal(t, http.StatusOK, c.as(t, first, "POST", "/v1/offers/o1/withdraw", &answer), "%v", answer)
	require.Equal(t, http.StatusConflict, c.as(t, first, "POST", "/v1/offers/o1/withdraw", &answer), "it is theirs no more")
	second := map[string]string{"ada": "bob", "bob": "ada"}[first]
	c.until(t, "the other is asked", func() bool {
		d := c.search(t, "o1")
		return d.Gen == 2 && d.OpenTo(second, time.Now())
	})
	require.Equal(t, http.StatusOK, c.as(t, second, "POST", "/v1/offers/o1/accept", &answer), "%v", answer)
	c.until(t, "the order names them", func() bool {
		o, err := c.orders.Get(t.Context(), order.ID("o1"))
		require.NoError(t, err)
		return o.Courier == second
	})
}

// TestAnOrderThatStandsStillIsTakenBack lets the time pass in which nothing
// happens: once with a timer that says so, and once with the sweep alone.
func TestAnOrderThatStandsStillIsTakenBack(t *testing.T) {
	for name, lost := range map[string]bool{"by its timer": false, "by the sweep, the timer is lost": true} {
		t.Run(name, func(t *testing.T) {
			var ahead atomic.Int64
			o := stackOptions()
			o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			c := openCityOn(t, o, "ada")
			c.accepted(t, "o1")
			c.offered(t, "o1", 1)
			if lost {
				c.Tasks.Deliveries.Set(tasks.Mischief{Seed: 1, Drop: 1})
			}
			var answer object
			require.Equal(t, http.StatusOK, c.as(t, "ada", "POST", "/v1/offers/o1/accept", &answer), "%v", answer)
			d := c.search(t, "o1")
			c.until(t, "a timer is set", func() bool { return len(c.Tasks.Pending()) > 0 || lost })
			ahead.Store(int64(time.Until(d.Due) + time.Minute))
			c.until(t, "another is searched", func() bool {
				if lost {
					require.NoError(t, c.Scheduler.Run(t.Context(), "assign"))
				}
				return c.search(t, "o1").Gen == 2
			})
			had, _ := c.search(t, "o1").OfferTo("ada")
			require.Equal(t, dispatch.Stalled, had.State)
			require.Equal(t, http.StatusGone, c.as(t, "ada", "POST", "/v1/offers/o1/accept", &answer))
		})
	}
}
