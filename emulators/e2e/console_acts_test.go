package e2e_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/shared/bus"
	"lastmile/shared/catalog"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/order"
)

// act is something that an operator does.
type act struct {
	view    string            // where
	press   string            // the button
	fields  map[string]string // of the dialog, by name
	confirm string            // the dialog's button; "" if there is none
	shows   string            // what the view tells afterwards
	done    func() bool       // what is so then, and not before
}

// does an act, once it has been seen that it needs its confirmation.
func (b *browser) does(a act) {
	b.t.Helper()
	b.open(a.view)
	require.False(b.t, a.done(), "it is so already")
	if a.confirm != "" {
		b.press(a.press)
		b.press("Back")
		b.until("the dialog is gone", "!document.querySelector('dialog')")
		require.False(b.t, a.done(), "it happened without its confirmation")
	}
	b.press(a.press)
	for name, value := range a.fields {
		b.do(chromedp.SetValue(chromedp.CSS("dialog [name="+name+"]"), value))
	}
	if a.confirm != "" {
		b.press(a.confirm)
	}
	require.Eventually(b.t, a.done, browserPatience, 50*time.Millisecond, "%s", b.text())
	if a.shows != "" {
		b.shows(a.shows)
	}
	b.clean(a.view)
}

// has asks the API, and reports whether a field of the answer has a value.
func (b *bakehouse) has(t *testing.T, path, field string, value any) func() bool {
	return func() bool {
		var got object
		return b.call(t, "GET", path, nil, &got) == http.StatusOK && fmt.Sprint(got[field]) == fmt.Sprint(value)
	}
}

func TestWhatOperatorsDo(t *testing.T) {
	b := bakehouseIn(t, open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1}), bread("rye", 250, 99))
	b.configure(t, b.Provider.Settings(catalog.ByOffset, "bakery"))
	fix := object{"fixes": []object{{"at": time.Now().UTC(), "seq": 1, "lat": 35.9, "lng": 14.5}}}
	require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/couriers/cyd/locations", fix, &object{}))
	page := browse(t, b.URL, b.operator())

	t.Run("an order is accepted, given to a courier, searched for anew, and cancelled", func(t *testing.T) {
		status, o := b.place(t, want("rye", 2))
		require.Equal(t, http.StatusCreated, status, o.Detail)
		path := "/orders/" + string(o.ID)
		search := "/v1/dispatch/" + string(o.ID)
		page.does(act{view: path, press: "Accept order", confirm: "Accept order", shows: "accepted", done: b.has(t, "/v1"+path, "state", order.Accepted)})
		b.until(t, "a courier is looked for", b.has(t, search, "gen", 1))
		page.does(act{
			view: path, press: "Choose a courier", fields: map[string]string{"courier": "cyd"}, confirm: "Give the order",
			shows: "chosen by an operator", done: b.has(t, search, "winner", "cyd"),
		})
		page.does(act{view: path, press: "Search anew", confirm: "Search anew", done: b.has(t, search, "gen", 3)})
		page.does(act{
			view: path, press: "Cancel order", fields: map[string]string{"reason": "The oven is cold"}, confirm: "Cancel order",
			shows: "The oven is cold", done: b.has(t, "/v1"+path, "state", order.Cancelled),
		})
		var rounds struct{ Rounds []struct{ ID string } }
		b.until(t, "a round was made", func() bool {
			return b.call(t, "GET", search+"/rounds", nil, &rounds) == http.StatusOK && len(rounds.Rounds) > 0
		})
		page.open("/rounds/" + rounds.Rounds[0].ID)
		page.press("Make it again")
		page.shows("made again: decides the same")
		page.clean("a round")
	})

	t.Run("a courier is put on duty, and what was said of them is taken back", func(t *testing.T) {
		page.does(act{view: "/couriers/cyd", press: "Put on duty", shows: "on duty", done: b.has(t, "/v1/couriers/cyd", "onDuty", true)})
		fact := event.CourierFact{Header: event.Header{ID: "late", Time: time.Now()}, Courier: "cyd", Zone: "malta", Order: "o1", Dimension: "on_time", Good: 0, Trials: event.FactUnit}
		require.NoError(t, b.bus.Publish(t.Context(), &fact))
		b.idle(t)
		known := func() (n int) {
			var found struct{ Facts []object }
			require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/couriers/cyd/facts", nil, &found))
			return len(found.Facts)
		}
		before := known()
		page.open("/couriers/cyd")
		page.shows("Take back")
		page.does(act{view: "/couriers/cyd", press: "Take back", confirm: "Take it back", shows: "taken back", done: func() bool { return known() > before }})
	})

	t.Run("a campaign is paused, resumed and ended", func(t *testing.T) {
		var made struct{ ID, Detail string }
		status := b.call(t, "POST", "/v1/campaigns", object{
			"shop": "bakery", "kind": "percent_off", "title": "Rye week",
			"plan": object{"zone": "Europe/Malta", "end": time.Now().AddDate(0, 0, 7).Format("2006-01-02T15:04")}, "terms": object{"basisPoints": 1500},
		}, &made)
		require.Equal(t, http.StatusCreated, status, made.Detail)
		path := "/campaigns/" + made.ID
		for _, a := range []struct{ action, state string }{{"Pause", "paused"}, {"Resume", "active"}, {"End", "ended"}} {
			page.does(act{view: path, press: a.action, confirm: a.action, shows: a.state, done: b.has(t, "/v1"+path, "effective", a.state)})
		}
	})

	t.Run("settings of dispatch and of scores are changed", func(t *testing.T) {
		for view, c := range map[string]struct{ field, value, unit, path string }{
			"/settings/zones/malta": {"[name=everySeconds]", "7", " s", "/v1/zones/malta/dispatch"},
			"/settings/scores":      {"[name=halfLifeDays]", "21", " days", "/v1/scores/config"},
		} {
			version := b.has(t, c.path, "version", 1)
			page.open(view)
			page.press("Change")
			page.do(chromedp.SetValue(chromedp.CSS(c.field), c.value))
			page.press("Save")
			page.until("the change is shown", "document.querySelector('dialog .changed')?.innerText === "+quoted(c.value+c.unit))
			require.False(t, version(), "nothing counts before it is confirmed")
			page.press("Store it")
			require.Eventually(t, version, browserPatience, 50*time.Millisecond, "%s", page.text())
			page.shows("Version 1 by operator:olga")
			page.clean(view)
		}
	})

	t.Run("a catalogue is synced, and the job is watched", func(t *testing.T) {
		page.open("/catalogues/bakery")
		page.press("Sync now")
		page.press("Watch it")
		page.until("the job is shown", "document.querySelector('main').dataset.view.startsWith('/jobs/')")
		page.shows("Everything about it")
		page.until("it ends", "document.querySelector('main .lead').innerText.startsWith('done')")
	})

	t.Run("pages that failed run again, and a job that runs is cancelled", func(t *testing.T) {
		b.Provider.Misbehave(provider.Fault{Kind: provider.Status, Status: http.StatusForbidden, Page: 3})
		failed := b.sync(t)
		require.Equal(t, job.Partial, failed.State)
		b.Provider.Behave()
		page.does(act{
			view: "/jobs/" + string(failed.ID), press: "Retry failed pages", confirm: "Run them again", shows: "done",
			done: b.has(t, "/v1/jobs/"+string(failed.ID), "state", job.Done),
		})
		b.Provider.Misbehave(provider.Fault{Kind: provider.Slow, DelayMillis: 2000})
		defer b.Provider.Behave()
		path := "/jobs/" + string(b.start(t))
		page.does(act{view: path, press: "Cancel", confirm: "Cancel the job", shows: "cancel", done: b.has(t, "/v1"+path, "state", job.Cancelling)})
	})

	t.Run("dead letters are replayed together", func(t *testing.T) {
		for i := range 3 {
			id := fmt.Sprint("broken-", i)
			broken := bus.Message{Topic: "bulk.page.v1", Data: []byte("{"), Attributes: map[string]string{"ce-id": id, "ce-type": "bulk.page.v1"}}
			require.NoError(t, b.bus.Send(t.Context(), broken))
			b.until(t, "the letter is archived", func() bool {
				return b.call(t, "GET", "/v1/deadletters/"+id+":bulkpage.bulk.page.v1", nil, &object{}) == http.StatusOK
			})
		}
		page.does(act{
			view: "/deadletters?type=bulk.page.v1", press: "Replay all of these", confirm: "Replay them",
			done: b.has(t, "/v1/deadletters/broken-2:bulkpage.bulk.page.v1", "replays", 1),
		})
	})

	t.Run("another path of a function is made live", func(t *testing.T) {
		page.does(act{
			view: "/cutovers?function=catalogpage", press: "Make another path live", fields: map[string]string{"tenant": "bakery"}, confirm: "Make it live", shows: "bakery",
			done: func() bool {
				var c struct{ Flips map[string][]object }
				return b.call(t, "GET", "/v1/cutovers/catalogpage", nil, &c) == http.StatusOK && len(c.Flips["bakery"]) == 1
			},
		})
	})
}
