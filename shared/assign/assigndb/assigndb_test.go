package assigndb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/bus"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/geo"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is a store in a database of its own, and what it published.
type world struct {
	firestore *firestore.Server
	store     *assigndb.Store
	other     *assigndb.Store // of another process
	couriers  *courierdb.Store

	mu   sync.Mutex
	sent map[string][]bus.Message // by topic; guarded by mu
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{sent: map[string][]bus.Message{}}
	indexes, err := json.Marshal(map[string]any{"indexes": assigndb.Indexes()})
	require.NoError(t, err)
	w.firestore, err = firestore.Start(firestore.Options{Indexes: indexes})
	require.NoError(t, err)
	t.Cleanup(func() { w.firestore.Close() })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: w.firestore.Addr(), Publisher: w})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	w.couriers = courierdb.New(db)
	w.store, w.other = assigndb.New(db, w.couriers), assigndb.New(db, w.couriers)
	return w
}

// Send is the bus.
func (w *world) Send(_ context.Context, messages ...bus.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range messages {
		w.sent[m.Topic] = append(w.sent[m.Topic], m)
	}
	return nil
}

// texts are the payloads published to a topic.
func (w *world) texts(topic string) (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.sent[topic] {
		all = append(all, string(m.Data))
	}
	return all
}

func (w *world) hire(t testing.TB, ids ...string) {
	t.Helper()
	for _, id := range ids {
		require.NoError(t, w.couriers.Create(t.Context(), courier.Courier{ID: courier.ID(id), Zone: "valletta", Capacity: 2, CashLimit: 1000, OnDuty: true}))
	}
}

func (w *world) load(t testing.TB, id string) courier.Load {
	t.Helper()
	c, err := w.couriers.Get(t.Context(), courier.ID(id))
	require.NoError(t, err)
	return c.Load
}

func ask(id string) assign.Order {
	return assign.Order{
		ID: id, Shop: "bakery", Zone: "valletta", Pickup: geo.Point{Lat: 35.9, Lng: 14.5}, Dropoff: geo.Point{Lat: 35.91, Lng: 14.51},
		Placed: now.Add(-time.Minute), Ready: now.Add(5 * time.Minute), Needs: assign.Needs{Cash: 600},
	}
}

// offer starts searches for these orders, and offers them as one trip.
func (w *world) offer(t testing.TB, orders, couriers []string) {
	t.Helper()
	doors := make([]time.Time, len(orders))
	for i, o := range orders {
		_, err := w.store.Start(t.Context(), dispatch.New(ask(o), "cy", now))
		require.NoError(t, err)
		doors[i] = now.Add(20 * time.Minute)
	}
	made := []assign.Offer{{Orders: orders, Couriers: couriers, Expires: now.Add(30 * time.Second), Pickup: now.Add(5 * time.Minute), Door: doors}}
	lookups, err := w.store.Lookups(t.Context(), orders...)
	require.NoError(t, err)
	var trip []assigndb.Decided
	for _, l := range lookups {
		after := l.Data.Decided(assign.Entry{Order: l.ID, Outcome: assign.Offered, Due: now.Add(30 * time.Second)}, made, dispatch.Standard(), 0, now)
		trip = append(trip, assigndb.Decided{Before: l, After: after})
	}
	require.NoError(t, w.store.Decide(t.Context(), trip, now))
}

func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%02d", prefix, i)
	}
	return all
}

func TestOfManyWhoAcceptAtOnceOneHasTheOrder(t *testing.T) {
	w := newWorld(t)
	couriers := names("c", 20)
	w.hire(t, couriers...)
	w.offer(t, []string{"o1"}, couriers)
	failed := make([]error, len(couriers))
	var wg sync.WaitGroup
	for i, c := range couriers {
		store := []*assigndb.Store{w.store, w.other}[i%2]
		wg.Go(func() { _, failed[i] = store.Accept(t.Context(), "o1", c, now) })
	}
	wg.Wait()
	d, err := w.store.Get(t.Context(), "o1")
	require.NoError(t, err)
	require.Equal(t, dispatch.Carried, d.State)
	require.Empty(t, d.Asked)
	for i, c := range couriers {
		if c == d.Winner {
			require.NoError(t, failed[i])
			require.Equal(t, courier.Load{Orders: []string{"o1"}, Cash: 600}, w.load(t, c))
			continue
		}
		require.ErrorIs(t, failed[i], dispatch.ErrTaken)
		require.Empty(t, w.load(t, c).Orders)
		o, _ := d.OfferTo(c)
		require.Equal(t, dispatch.OfferCancelled, o.State)
	}
	require.Len(t, w.texts("courier.fact.v1"), 1, "who was too late is not blamed")
	notices := w.texts("client.notice.v1")
	require.Len(t, notices, 2, "the offers, and the end of all but one")
	require.NotContains(t, notices[1], `"courier:`+d.Winner+`"`)
}

func TestAnOfferCountsUntilItExpires(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration
		err   error
	}{
		"a moment before": {30*time.Second - time.Microsecond, nil},
		"at that moment":  {30 * time.Second, dispatch.ErrExpired},
		"after it":        {time.Minute, dispatch.ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire(t, "ada")
			w.offer(t, []string{"o1"}, []string{"ada"})
			_, err := w.store.Accept(t.Context(), "o1", "ada", now.Add(test.after))
			require.ErrorIs(t, err, test.err)
		})
	}
}

func TestWhoCannotAccept(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada", "bob", "eve", "max")
	w.offer(t, []string{"o1"}, []string{"ada", "bob", "max", "ghost"})
	_, err := w.store.Accept(t.Context(), "o9", "ada", now)
	require.ErrorIs(t, err, dispatch.ErrUnknown)
	_, err = w.store.Accept(t.Context(), "o1", "eve", now)
	require.ErrorIs(t, err, dispatch.ErrNotOffered)
	_, err = w.store.Accept(t.Context(), "o1", "ghost", now)
	require.ErrorIs(t, err, courier.ErrUnknown)
	require.NoError(t, w.store.Reject(t.Context(), "o1", "bob", now))
	_, err = w.store.Accept(t.Context(), "o1", "bob", now)
	require.ErrorIs(t, err, dispatch.ErrRejected)
	_, err = w.couriers.Change(t.Context(), "max", func(c courier.Courier) (courier.Courier, error) { return c.Take("other", 500), nil })
	require.NoError(t, err)
	_, err = w.store.Accept(t.Context(), "o1", "max", now)
	require.ErrorIs(t, err, assigndb.ErrFull, "the cash of both is over the limit")
	w.duty(t, "ada", false)
	_, err = w.store.Accept(t.Context(), "o1", "ada", now)
	require.ErrorIs(t, err, courier.ErrRefused, "off duty")
	w.duty(t, "ada", true)
	d, err := w.store.Accept(t.Context(), "o1", "ada", now)
	require.NoError(t, err, "on duty again, in time")
	again, err := w.store.Accept(t.Context(), "o1", "ada", now)
	require.NoError(t, err, "accepting twice is accepting once")
	require.Equal(t, d.Version, again.Version)
}

func (w *world) duty(t testing.TB, id string, on bool) {
	t.Helper()
	require.NoError(t, w.goes(t.Context(), id, on))
}

// goes has a courier go on or off duty.
func (w *world) goes(ctx context.Context, id string, on bool) error {
	_, err := w.couriers.Change(ctx, courier.ID(id), func(c courier.Courier) (courier.Courier, error) {
		return c.Duty(on, time.Time{}, id, now)
	})
	return err
}

func TestWhoAcceptsAndGoesOffDutyAtOnceDoesOne(t *testing.T) {
	w := newWorld(t)
	for _, id := range names("ada", 30) {
		w.hire(t, id)
		w.offer(t, []string{"o-" + id}, []string{id})
		var accepted, left error
		var wg sync.WaitGroup
		wg.Go(func() { _, accepted = w.store.Accept(t.Context(), "o-"+id, id, now) })
		wg.Go(func() { left = w.goes(t.Context(), id, false) })
		wg.Wait()
		c, err := w.couriers.Get(t.Context(), courier.ID(id))
		require.NoError(t, err)
		if accepted != nil {
			require.ErrorIs(t, accepted, courier.ErrRefused)
			require.NoError(t, left)
		}
		require.Equal(t, accepted == nil, c.OnDuty, "nobody is off duty with an order")
		require.Equal(t, accepted == nil, len(c.Load.Orders) == 1)
	}
}

func TestWhoAcceptsATripHasAllOfItThatIsLeft(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada")
	_, err := w.couriers.Change(t.Context(), "ada", func(c courier.Courier) (courier.Courier, error) {
		c.Capacity, c.CashLimit = 5, 9000
		return c, nil
	})
	require.NoError(t, err)
	w.offer(t, []string{"o1", "o2", "o3", "o4"}, []string{"ada"})
	require.NoError(t, w.store.Reject(t.Context(), "o4", "ada", now))
	_, err = w.store.Change(t.Context(), "o2", assigndb.Change{Do: func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Cancel(now), nil }}, now)
	require.NoError(t, err)
	_, err = w.store.Accept(t.Context(), "o1", "ada", now)
	require.NoError(t, err)
	require.Equal(t, []string{"o1", "o3"}, w.load(t, "ada").Orders)
	d, err := w.store.Get(t.Context(), "o3")
	require.NoError(t, err)
	require.Equal(t, "ada", d.Winner)
}

func TestLoadsFollowTheOrder(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada", "bob")
	w.offer(t, []string{"o1"}, []string{"ada"})
	do := func(f func(dispatch.Dispatch) (dispatch.Dispatch, error)) dispatch.Dispatch {
		d, err := w.store.Change(t.Context(), "o1", assigndb.Change{Do: f}, now)
		require.NoError(t, err)
		return d
	}
	_, err := w.store.Accept(t.Context(), "o1", "ada", now)
	require.NoError(t, err)
	d := do(func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Withdraw("ada", now) })
	require.Equal(t, 2, d.Gen)
	require.Empty(t, w.load(t, "ada").Orders)
	require.Zero(t, w.load(t, "ada").Cash)
	_, err = w.store.Accept(t.Context(), "o1", "ada", now)
	require.ErrorIs(t, err, dispatch.ErrExpired, "the offer was withdrawn with the order")

	do(func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Pin("ada", now) })
	require.Equal(t, []string{"o1"}, w.load(t, "ada").Orders)
	do(func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Pin("bob", now) })
	require.Empty(t, w.load(t, "ada").Orders)
	do(func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Complete(now), nil })
	require.Equal(t, courier.Load{Cash: 600}, w.load(t, "bob"), "the cash stays in the bag")
}

func TestLists(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada")
	w.offer(t, []string{"o1"}, []string{"ada"})
	for _, new := range []bool{true, false} {
		began, err := w.store.Start(t.Context(), dispatch.New(ask("o2"), "cy", now))
		require.NoError(t, err)
		require.Equal(t, new, began)
	}
	mine, err := w.store.OffersTo(t.Context(), "ada", now)
	require.NoError(t, err)
	require.Len(t, mine, 1)
	mine, err = w.store.OffersTo(t.Context(), "ada", now.Add(time.Minute))
	require.NoError(t, err)
	require.Empty(t, mine)
	waiting, err := w.store.In(t.Context(), "valletta", dispatch.Waiting, docs.Place{}, 10)
	require.NoError(t, err)
	require.Len(t, waiting, 2)
	everywhere, err := w.store.In(t.Context(), "", dispatch.Waiting, docs.Place{}, 10)
	require.NoError(t, err)
	require.Len(t, everywhere, 2)
	overdue, err := w.store.Overdue(t.Context(), now.Add(time.Second), 10)
	require.NoError(t, err)
	require.Len(t, overdue, 1)
}

func TestARoundIsKeptAsItWas(t *testing.T) {
	w := newWorld(t)
	travel := assign.NewTable(assign.Straight(5))
	input := assign.Round{
		Now: now, Orders: []assign.Order{ask("o1")}, Explain: true, Config: dispatch.Standard().Engine(3), Travel: travel,
		Couriers: []assign.Courier{{ID: "ada", Zone: "valletta", At: geo.Point{Lat: 35.9, Lng: 14.49}, FreeAt: now, Online: true, Score: 50}},
	}
	r := assigndb.Round{ID: "r1", Zone: "valletta", At: now, Input: input, Travel: travel, Decision: assign.Decide(input)}
	require.NoError(t, w.store.Keep(t.Context(), r))
	back, err := w.store.Round(t.Context(), "r1")
	require.NoError(t, err)
	require.Equal(t, r.Decision, back.Decision)
	require.Equal(t, back.Decision, assign.Decide(back.Input), "it can be replayed")
	refs, err := w.store.RoundsOf(t.Context(), "o1", "", docs.Place{}, 10)
	require.NoError(t, err)
	require.Equal(t, []assigndb.RoundRef{{ID: "r1", Zone: "valletta", At: now, Orders: []string{"o1"}}}, refs)
	_, err = w.store.Round(t.Context(), "r2")
	require.ErrorIs(t, err, assigndb.ErrNoRound)
}

func TestARoundLargerThanADocumentIsKept(t *testing.T) {
	w := newWorld(t)
	random := rand.New(rand.NewPCG(7, 11))
	place := func() geo.Point { return geo.Point{Lat: 35 + random.Float64(), Lng: 14 + random.Float64()} }
	travel := assign.NewTable(assign.Straight(5))
	shops := make([]geo.Point, 200)
	for i := range shops {
		shops[i] = place()
	}
	for range 600 {
		from := place()
		for _, to := range shops {
			travel.Set(from, to, time.Duration(random.Int64N(int64(time.Hour))))
		}
	}
	require.NoError(t, w.store.Keep(t.Context(), assigndb.Round{ID: "r1", Zone: "valletta", At: now, Travel: travel}))
	back, err := w.store.Round(t.Context(), "r1")
	require.NoError(t, err)
	before, err := json.Marshal(travel)
	require.NoError(t, err)
	after, err := json.Marshal(back.Travel)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
}

func TestSettingsHaveVersions(t *testing.T) {
	w := newWorld(t)
	r, err := w.store.Settings(t.Context(), "valletta")
	require.NoError(t, err)
	require.Equal(t, dispatch.Standard(), r.Settings)
	s := r.Settings
	s.Mode = dispatch.WholeZone
	r, err = w.store.PutSettings(t.Context(), "valletta", s, 0, "ann", now)
	require.NoError(t, err)
	require.Equal(t, 1, r.Version)
	_, err = w.store.PutSettings(t.Context(), "valletta", s, 0, "bob", now)
	require.ErrorIs(t, err, assigndb.ErrStale)
	s.Rings = nil
	_, err = w.store.PutSettings(t.Context(), "valletta", s, 1, "bob", now)
	require.ErrorIs(t, err, dispatch.ErrInvalid)
	all, err := w.store.History(t.Context(), "valletta", 0, 10)
	require.NoError(t, err)
	require.Equal(t, []assigndb.Revision{r}, all)
}
