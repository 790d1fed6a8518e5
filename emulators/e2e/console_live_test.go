package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/bus"
	"lastmile/shared/catalog"
	"lastmile/shared/event"
)

// Views ask by themselves only every few minutes, which is longer than this waits.
func TestTheConsoleHearsOfWhatHappens(t *testing.T) {
	b := bakehouseIn(t, open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1}), bread("rye", 250, 99))
	b.configure(t, b.Provider.Settings(catalog.ByOffset, "bakery"))
	page := browse(t, b.URL, b.operator())
	page.until("it is live", "document.querySelector('#pulse').innerText === 'live'")

	settings := func() object {
		var stored struct{ Settings object }
		require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/shops/bakery/catalog", nil, &stored))
		return stored.Settings
	}
	put := func(path string, body any) {
		var answer object
		require.Equal(t, http.StatusOK, b.call(t, "PUT", path, body, &answer), "%v", answer)
	}
	for _, c := range []struct {
		name, view, shows string
		happens           func()
	}{
		{"a job that somebody else starts, and its end", "/jobs", "done", func() { b.sync(t) }},
		{"settings that somebody else stores", "/catalogues/bakery", "Requests at once: ", func() {
			s := settings()
			s["limits"].(map[string]any)["parallelism"] = 5
			put("/v1/shops/bakery/catalog", s)
		}},
		{"an event that nobody can handle", "/deadletters", "bulk.page.v1", func() {
			broken := bus.Message{Topic: "bulk.page.v1", Data: []byte("{"), Attributes: map[string]string{"ce-id": "broken", "ce-type": "bulk.page.v1"}}
			require.NoError(t, b.bus.Send(t.Context(), broken))
		}},
		{"what is said of a courier", "/couriers/cyd", "on time", func() {
			fact := event.CourierFact{Header: event.Header{ID: "late", Time: time.Now()}, Courier: "cyd", Zone: "malta", Order: "o1", Dimension: "on_time", Trials: event.FactUnit}
			require.NoError(t, b.bus.Publish(t.Context(), &fact))
		}},
		{"a courier who goes on duty", "/couriers", "on duty", func() { put("/v1/couriers/cyd/duty", object{"onDuty": true}) }},
		{"a record", "/logs?service=api", "PUT /v1/zones/malta", func() {
			var zone object
			require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/zones/malta", nil, &zone))
			put("/v1/zones/malta", object{"name": zone["name"], "currency": "EUR", "timeZone": "Europe/Malta", "area": zone["area"], "fees": zone["fees"]})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page.open(c.view)
			page.happens(c.shows, c.happens)
			page.clean(c.view)
		})
	}
}

// happens does something, and waits until the view shows more of a text than before.
func (b *browser) happens(text string, do func()) {
	b.t.Helper()
	count := "document.querySelector('main').innerText.split(" + quoted(text) + ").length"
	b.until("it is known how often it is there", "(window.before = "+count+") > 0")
	do()
	b.until("there is more of "+text, count+" > window.before")
}
