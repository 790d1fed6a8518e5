package campaigndb_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/race"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/logs"
)

// TestStore holds the store's promises on our Firestore and on Google's emulator.
func TestStore(t *testing.T) {
	promises := map[string]func(*testing.T, *world){
		"of many creations one survives":                ofManyCreationsOneSurvives,
		"the same creation is the same campaign":        theSameCreationIsTheSameCampaign,
		"an ended campaign is not in the way":           anEndedCampaignIsNotInTheWay,
		"prices follow the clock without a timer":       pricesFollowTheClockWithoutATimer,
		"a reading is one round trip whatever the cart": aReadingIsOneRoundTripWhateverTheCart,
		"a customers use counts once":                   aCustomersUseCountsOnce,
		"the end voids all records at once":             theEndVoidsAllRecordsAtOnce,
		"a few records are deleted with the end":        aFewRecordsAreDeletedWithTheEnd,
		"timers":                                        timers,
	}
	for name, start := range map[string]func(testing.TB) string{"ours": func(t testing.TB) string { return ours(t).Addr() }, "google": googles} {
		t.Run(name, func(t *testing.T) {
			addr := start(t)
			for promise, hold := range promises {
				t.Run(promise, func(t *testing.T) {
					w := worldAt(t, addr, "p"+strings.ToLower(rand.Text()[:12]))
					w.slow = name == "google"
					hold(t, w)
				})
			}
		})
	}
}

func ofManyCreationsOneSurvives(t *testing.T, w *world) {
	creations := race.Fewer(10_000, 1000)
	if w.slow {
		creations = 100 // it takes seconds for those that contend
	}
	first, err := draft(t, campaign.PercentOff, "bakery").Do(campaign.Publish, "ann", noon)
	require.NoError(t, err)
	var won atomic.Pointer[campaign.Campaign]
	var busy atomic.Int64
	holders := sync.Map{}
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range creations {
		wg.Go(func() {
			c := first
			c.ID = campaign.ID(fmt.Sprint("c", i))
			<-begin
			stored, _, err := w.store.Create(t.Context(), c, nil, noon)
			for errors.Is(err, docs.ErrUnavailable) { // of so many some wait too long, and ask again
				stored, _, err = w.store.Create(t.Context(), c, nil, noon)
			}
			var held *campaign.BusyError
			switch {
			case err == nil:
				if !won.CompareAndSwap(nil, &stored) {
					t.Error("two survived")
				}
			case !errors.As(err, &held):
				t.Error(err)
			default:
				busy.Add(1)
				holders.Store(held.Holder, true)
			}
		})
	}
	close(begin)
	wg.Wait()
	require.EqualValues(t, creations-1, busy.Load())
	holders.Range(func(holder, _ any) bool {
		require.Equal(t, won.Load().ID, holder)
		return true
	})
	require.Len(t, w.stored(t), 2, "only the survivor has timers")
}

func theSameCreationIsTheSameCampaign(t *testing.T, w *world) {
	c := w.published(t, campaign.PercentOff, "bakery")
	again, created, err := w.store.Create(t.Context(), c, nil, noon)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, c, again)
}

func anEndedCampaignIsNotInTheWay(t *testing.T, w *world) {
	old := w.published(t, campaign.PercentOff, "bakery")
	c, _, err := w.store.Create(t.Context(), draft(t, campaign.PercentOff, "bakery"), nil, clock(14, 0))
	require.NoError(t, err)
	require.Equal(t, campaign.Drafted, c.State)
	old, err = w.store.Get(t.Context(), old.ID)
	require.NoError(t, err)
	require.Equal(t, campaign.Ended, old.State)
}

func pricesFollowTheClockWithoutATimer(t *testing.T, w *world) {
	w.mute = true
	w.published(t, campaign.PercentOff, "bakery")
	bun := campaign.Priced{Item: "bun", Amount: 200}
	for _, at := range []struct {
		hour, minute int
		price        int64
	}{{12, 59, 200}, {13, 0, 180}, {13, 59, 180}, {14, 0, 200}} {
		price, _ := w.offers(t, "bakery", "", clock(at.hour, at.minute), "bun").Price(bun)
		require.Equal(t, at.price, price, "at %d:%d", at.hour, at.minute)
	}
}

func aReadingIsOneRoundTripWhateverTheCart(t *testing.T, w *world) {
	w.published(t, campaign.FlashSale, "bakery", "bun")
	for _, n := range []int{1, 200} {
		items := []string{"bun"}
		for i := 1; i < n; i++ {
			items = append(items, fmt.Sprint("rye ", i))
		}
		ctx := logs.CountTrips(t.Context())
		r := w.store.Read("bakery", "bob", items)
		require.NoError(t, w.db.Fetch(ctx, r.Fetchers()...))
		trips, _ := logs.Trips(ctx).Total()
		require.Equal(t, 1, trips)
		o := r.Offers(clock(13, 0))
		price, why := o.Price(campaign.Priced{Item: "bun", Amount: 1000})
		require.EqualValues(t, 750, price)
		require.Equal(t, campaign.FlashSale, why.Kind)
		price, _ = o.Price(campaign.Priced{Item: "rye 1", Amount: 1000})
		require.EqualValues(t, 1000, price)
	}
}

func aCustomersUseCountsOnce(t *testing.T, w *world) {
	c := w.published(t, campaign.AmountOff, "bakery")
	now := clock(13, 0)
	read := func() *campaigndb.Reading {
		r := w.store.Read("bakery", "bob", nil)
		require.NoError(t, w.db.Fetch(t.Context(), r.Fetchers()...))
		return r
	}
	one, two := read(), read()
	off := one.Offers(now).Order(2000, 300, "EUR")
	require.Equal(t, []campaign.Reduction{{Campaign: c.ID, Kind: campaign.AmountOff, Off: 300}}, off)
	require.NoError(t, w.db.Commit(t.Context(), one.Redeem("o1", off, now)...))
	require.Error(t, w.db.Commit(t.Context(), one.Redeem("o1", off, now)...), "the same order")
	require.Error(t, w.db.Commit(t.Context(), two.Redeem("o2", off, now)...), "another order that was priced before")
	require.Empty(t, read().Offers(now).Order(2000, 300, "EUR"), "the use is spent")

	_, err := w.store.Grant(t.Context(), c.ID, []campaigndb.Allowance{{Customer: "bob", Uses: 3}}, now)
	require.NoError(t, err)
	require.Equal(t, 2, read().Offers(now).Left[c.ID], "a grant keeps what was used")
	all, err := w.store.Redemptions(t.Context(), c, "", 10)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "o1", all[0].Order)

	giveBack := func() []docs.Write {
		uses := w.store.Uses("bakery", "bob", "o1")
		require.NoError(t, w.db.Fetch(t.Context(), uses.Fetchers()...))
		return uses.GiveBack()
	}
	require.Len(t, giveBack(), 2)
	require.NoError(t, w.db.Commit(t.Context(), giveBack()...))
	require.Equal(t, 3, read().Offers(now).Left[c.ID], "an order that ends undelivered has used nothing")
	require.Empty(t, giveBack(), "twice is once")
	left, err := w.store.Touches(t.Context(), c)
	require.NoError(t, err)
	require.Zero(t, left.Redemptions)
}

func theEndVoidsAllRecordsAtOnce(t *testing.T, w *world) {
	c := w.published(t, campaign.AmountOff, "bakery")
	const customers = 2000
	for at := 0; at < customers; at += 500 {
		var page []campaigndb.Allowance
		for i := range 500 {
			page = append(page, campaigndb.Allowance{Customer: fmt.Sprint("c", at+i), Uses: 1})
		}
		_, err := w.store.Grant(t.Context(), c.ID, page, noon)
		require.NoError(t, err)
	}
	touched, err := w.store.Touches(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, customers, touched.Customers)

	ended := w.do(t, c.ID, campaign.End, clock(13, 30))
	require.Empty(t, w.offers(t, "bakery", "c7", clock(13, 30)).Promotions)
	touched, err = w.store.Touches(t.Context(), ended)
	require.NoError(t, err)
	require.Zero(t, touched)

	next := draft(t, campaign.AmountOff, "bakery")
	_, _, err = w.store.Create(t.Context(), next, nil, clock(13, 31))
	require.NoError(t, err, "the lock was released")
	_, err = w.store.Grant(t.Context(), next.ID, []campaigndb.Allowance{{Customer: "c7", Uses: 5}}, clock(13, 31))
	require.NoError(t, err)

	w.fire(t, clock(13, 32))
	ended, err = w.store.Get(t.Context(), c.ID)
	require.NoError(t, err)
	require.False(t, ended.Reaped.IsZero())
	require.Empty(t, w.stored(t), "no orphaned timer")
	left, err := w.store.Grants(t.Context(), next, "", 10)
	require.NoError(t, err)
	require.Len(t, left, 1, "what a later campaign wrote in its place stays")
}

func aFewRecordsAreDeletedWithTheEnd(t *testing.T, w *world) {
	c := w.published(t, campaign.FlashSale, "bakery", "bun", "rye")
	found, err := w.store.Items(t.Context(), c, "", 10)
	require.NoError(t, err)
	require.Len(t, found, 2)
	w.do(t, c.ID, campaign.Cancel, noon)
	c.Epoch = 0
	found, err = w.store.Items(t.Context(), c, "", 10)
	require.NoError(t, err)
	require.Empty(t, found, "not even by the old epoch")
}

func timers(t *testing.T, w *world) {
	c := w.published(t, campaign.PercentOff, "bakery")
	begin, end := c.Timers()[0], c.Timers()[1]
	require.ErrorIs(t, w.store.Fire(t.Context(), begin, clock(12, 59)), campaign.ErrEarly)
	require.NoError(t, w.store.Fire(t.Context(), begin, clock(13, 0)))
	require.NoError(t, w.store.Fire(t.Context(), begin, clock(13, 1)), "doubled")
	c, err := w.store.Get(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, campaign.Active, c.State)
	require.Len(t, c.History, 3)

	c = w.do(t, c.ID, campaign.Pause, clock(13, 10))
	require.NoError(t, w.store.Fire(t.Context(), end, clock(14, 0)), "stale")
	stored, err := w.store.Get(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, c, stored, "a stale timer has no effect")
	require.Equal(t, c.Timers(), w.stored(t))
	require.NoError(t, w.store.Fire(t.Context(), campaign.Timer{Campaign: campaign.ID(event.NewID()), Kind: campaign.EndTimer}, noon), "nobody's")
}
