package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
	"lastmile/shared/bus"
	"lastmile/shared/catalog"
	"lastmile/shared/event"
	"lastmile/shared/track"
)

// letter is a dead letter that nobody will ever handle.
const letter = "/deadletters/broken:bulkpage.bulk.page.v1"

// staffed is a bakehouse with something of everything that the console shows.
func staffed(t *testing.T) (b *bakehouse, order, campaign string) {
	t.Helper()
	b = bakehouseIn(t, open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1}), bread("rye", 250, 9))
	b.configure(t, b.Provider.Settings(catalog.ByOffset, "bakery"))
	status, o := b.place(t, want("rye", 2))
	require.Equal(t, http.StatusCreated, status, o.Detail)
	fix := object{"fixes": []object{{"at": time.Now().UTC(), "seq": 1, "lat": 35.9, "lng": 14.5}}}
	require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/couriers/cyd/locations", fix, &object{}))
	var made struct{ ID, Detail string }
	status = b.call(t, "POST", "/v1/campaigns", object{
		"shop": "bakery", "kind": "percent_off", "title": "Rye week",
		"plan": object{"zone": "Europe/Malta", "end": time.Now().AddDate(0, 0, 7).Format("2006-01-02T15:04")}, "terms": object{"basisPoints": 1500},
	}, &made)
	require.Equal(t, http.StatusCreated, status, made.Detail)
	broken := bus.Message{Topic: "bulk.page.v1", Data: []byte("{"), Attributes: map[string]string{"ce-id": "broken", "ce-type": "bulk.page.v1"}}
	require.NoError(t, b.bus.Send(t.Context(), broken))
	b.until(t, "the letter is archived", func() bool { return b.call(t, "GET", "/v1"+letter, nil, &object{}) == http.StatusOK })
	return b, string(o.ID), made.ID
}

func TestTheConsoleInABrowser(t *testing.T) {
	b, order, campaign := staffed(t)
	w, url := wireTo(t, b.URL)
	page := browse(t, url, b.operator())
	page.until("it is live", "document.querySelector('#pulse').innerText === 'live'")

	for view, text := range map[string]string{
		"/": order[:8], "/orders": order[:12], "/orders/" + order: "Bread of rye", "/dispatch": "Newest rounds", "/couriers": "Cyd", "/couriers/cyd": "bicycle",
		"/campaigns": "Rye week", "/campaigns/" + campaign: "15%", "/catalogues": "Bakery", "/catalogues/bakery": "Requests at once", "/jobs": "Jobs", "/deadletters": "bulk.page.v1",
		letter: "bulkpage", "/logs?entity=order:" + order: "POST /v1/orders", "/slow": "Slow calls", "/pushes": "Notifications", "/settings": "What scores are made by", "/settings/scores": "Counts half after", "/settings/zones/malta": "Time between rounds", "/cutovers": "Name a function", "/system": "Gateways",
	} {
		page.open(view)
		page.shows(text)
		page.clean(view)
		for _, scheme := range []string{"light", "dark"} {
			page.look(scheme, 1360)
			page.accessible(view + " " + scheme)
		}
		page.look("light", 390)
		page.accessible(view + " on a phone")
		page.look("light", 1360)
	}

	t.Run("what is chosen on the map is told, and what is hidden cannot be", func(t *testing.T) {
		page.open("/")
		page.until("somebody is there", "document.querySelector('#fleet-size').innerText === '1'")
		card := "document.querySelector('.card')"
		page.do(chromedp.SendKeys(chromedp.CSS("canvas"), kb.Enter))
		page.until("a card says what it is", "!"+card+".hidden && !!"+card+".querySelector('h2').innerText")
		page.accessible("the map with a card")
		page.do(chromedp.SendKeys(chromedp.CSS("canvas"), kb.Escape))
		page.until("it is let go", card+".hidden")
		page.until("the legend hides all", "[...document.querySelectorAll('.legend button')].every((b) => b.getAttribute('aria-pressed') === 'false' || void b.click())")
		page.do(chromedp.SendKeys(chromedp.CSS("canvas"), kb.Enter))
		page.until("nothing is chosen", card+".hidden")
	})
	t.Run("the skip link leads to the view, and a dialog goes with its own", func(t *testing.T) {
		page.open("/orders/" + order)
		page.do(chromedp.Focus(chromedp.CSS(".skip")), chromedp.SendKeys(chromedp.CSS(".skip"), kb.Enter))
		page.until("the view has the focus", "document.activeElement.id === 'main' && location.hash === "+quoted("#/orders/"+order))
		page.press("Cancel order")
		page.until("it asks", "document.activeElement.name === 'reason'")
		page.accessible("a dialog")
		page.open("/orders")
		page.until("it asks no more", "!document.querySelector('dialog')")
	})
	t.Run("a change of settings takes effect", func(t *testing.T) {
		page.open("/catalogues/bakery")
		page.press("Change")
		page.do(chromedp.SetValue(chromedp.CSS("[name='limits.parallelism']"), "7"))
		page.accessible("the editor")
		page.press("Save")
		page.press("Store it")
		page.shows("Requests at once: ")
		var stored struct{ Settings catalog.Settings }
		require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/shops/bakery/catalog", nil, &stored))
		require.Equal(t, 7, stored.Settings.Limits.Parallelism)
	})
	t.Run("a dead letter is replayed", func(t *testing.T) {
		page.open(letter)
		page.press("Replay")
		page.press("Replay it")
		page.shows("Last replay")
	})
	t.Run("a change to a live campaign needs its confirmation", func(t *testing.T) {
		page.open("/campaigns/" + campaign)
		page.press("Change")
		page.do(chromedp.SetValue(chromedp.CSS("dialog [name=title]"), "Rye month"))
		page.press("Show what changes")
		page.until("the change is shown", "document.querySelector('dialog')?.innerText.includes('Rye month')")
		var c struct{ Title string }
		require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/campaigns/"+campaign, nil, &c))
		require.Equal(t, "Rye week", c.Title, "nothing counts before it is confirmed")
		page.press("Confirm, it is live")
		page.until("the new title is there", "document.querySelector('h1').innerText === 'Rye month'")
	})
	page.clean("what operators do")
	t.Run("a connection that is cut comes back", func(t *testing.T) {
		page.open("/orders")
		w.cut()
		page.until("it says so", "document.querySelector('#pulse').innerText.startsWith('connection lost')")
		page.until("data is said to be old", "document.querySelector('#stamp').innerText.startsWith('Old data')")
		w.mend()
		page.until("it is live again", "document.querySelector('#pulse').innerText === 'live'")
		status, o := b.place(t, want("rye", 2))
		require.Equal(t, http.StatusCreated, status, o.Detail)
		page.shows(string(o.ID)[:12])
	})
	t.Run("who signs out has gone", func(t *testing.T) {
		page.until("there is a token", "!!(window.mine = sessionStorage.getItem('lastmile.token'))")
		page.press("Sign out")
		page.until("somebody else may sign in", "!!document.querySelector('#secret') && document.querySelector('#pulse').innerText === 'signed out'")
		page.until("nothing is left", "sessionStorage.length === 0 && !document.querySelector('table')")
	})
}

func TestTheMapShowsTenThousandCouriersThatMove(t *testing.T) {
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	page := browse(t, s.URL, s.Token(auth.Operator, "olga"))
	page.until("it is live", "document.querySelector('#pulse').innerText === 'live'")
	const couriers = 10_000
	s.report(t, couriers, time.Now().Add(-time.Minute))
	page.until("all are there", "document.querySelector('#fleet-size').innerText.replace(/\\D/g, '') === '10000'")
	s.report(t, couriers, time.Now())
	frames, err := chromedp.Run(page.ctx, chromedp.Evaluate[[]float64](`new Promise((done) => {
		const times = []
		const frame = (now) => { times.push(now); times.length < 90 ? requestAnimationFrame(frame) : done(times.slice(1).map((t, i) => t - times[i])) }
		requestAnimationFrame(frame)
	})`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	slices.Sort(frames)
	t.Logf("%d couriers: half of the frames take %.1f ms or less, nine of ten %.1f ms", couriers, frames[len(frames)/2], frames[len(frames)*9/10])
	page.clean("the map")
}

// report has so many couriers be somewhere in the generated city, by the event that brings
// positions into the database.
func (s *shop) report(t *testing.T, couriers int, at time.Time) {
	t.Helper()
	batches := make([]event.LocationBatch, track.Shards)
	for i := range couriers {
		id := fmt.Sprint("courier-", i)
		b := &batches[track.CourierID(id).Shard(track.Shards)]
		b.Positions = append(b.Positions, event.LocationFix{Courier: id, At: at, Lat: 40 + rand.Float64()/50, Lng: -30 + rand.Float64()/50})
	}
	for i := range batches {
		batches[i].Shard = i
		require.NoError(t, s.bus.Publish(t.Context(), &batches[i]))
	}
	s.idle(t)
}
