package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/emulators/tasks"
	"lastmile/shared/auth"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/cart"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/geo"
	market "lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// promoted is what the API answers of a campaign.
type promoted struct {
	campaign.Campaign
	Effective     campaign.State
	Timers        []campaign.Timer
	Prerequisites []campaign.Prerequisite
	Detail        string
	Errors        []struct {
		Location, Message string
		Value             any
	}
}

// edited is what the API answers to a change.
type edited struct {
	Applied  bool
	Preview  campaign.Preview
	Token    string
	Campaign promoted
	Detail   string
}

// stall is a shop that sells rye for 10 EUR, with its merchant and a customer.
type stall struct {
	*shop
	ann, ben []string // headers
}

func openStall(t testing.TB, stocked bool) *stall {
	t.Helper()
	return openStallOn(t, stocked, nil)
}

// openStallOn opens a stall whose timers go by a clock.
func openStallOn(t testing.TB, stocked bool, now func() time.Time) *stall {
	t.Helper()
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1, Now: now})
	shops, by := shopdb.New(s.db), shopdb.Author{By: "test", At: time.Now()}
	_, err := shops.PutZone(t.Context(), market.Zone{
		ID: "malta", Name: "Malta", Currency: "EUR", TimeZone: "UTC", Fees: market.Fees{Delivery: 250},
		Area: []geo.Point{{Lat: 35, Lng: 14}, {Lat: 35, Lng: 15}, {Lat: 36, Lng: 15}, {Lat: 36, Lng: 14}},
	}, shopdb.AnyVersion, by)
	require.NoError(t, err)
	_, err = shops.PutShop(t.Context(), market.Shop{
		ID: "bakery", Name: "Bakery", Point: geo.Point{Lat: 35.9, Lng: 14.5}, Zone: "malta", TimeZone: "UTC", Currency: "EUR", Open: true,
		Hours: market.Hours{Week: []market.Weekly{{On: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, Span: market.Span{From: "00:00", To: "00:00"}}}},
	}, shopdb.AnyVersion, by)
	require.NoError(t, err)
	if stocked {
		rye := catalogdb.Item{Item: catalog.Item{ID: "rye", Name: "Rye", Available: true, Price: catalog.Money{Amount: 1000, Currency: "EUR"}}}
		require.NoError(t, s.db.Commit(t.Context(), docs.In[catalogdb.Item](s.db, "shops", "bakery", "items").Set(catalog.DocID("rye"), rye)))
	}
	token := func(e auth.Entity, id string, shops ...string) []string {
		return []string{"Authorization", "Bearer " + s.Token(e, id, shops...)}
	}
	return &stall{s, token(auth.Customer, "ann"), token(auth.Merchant, "ben", "bakery")}
}

// quote is what a cart of one rye costs ann now.
func (b *stall) quote(t testing.TB) cart.Quote {
	t.Helper()
	var got struct{ Quote cart.Quote }
	require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/carts/validate", oneRye(), &got, b.ann...))
	return got.Quote
}

func oneRye() object {
	return object{"shop": "bakery", "lines": []object{{"item": "rye", "quantity": 1}}, "dropoff": object{"point": object{"lat": 35.91, "lng": 14.5}}}
}

// sale is a campaign of the stall in UTC.
func sale(kind campaign.Kind, terms object, start, end time.Time) object {
	plan := object{"zone": "UTC", "end": end.UTC().Format(campaign.WallTime)}
	if !start.IsZero() {
		plan["start"] = start.UTC().Format(campaign.WallTime)
	}
	return object{"shop": "bakery", "kind": kind, "title": "Sale", "plan": plan, "terms": terms}
}

func (b *stall) campaign(t testing.TB, method, path string, body any, want int) promoted {
	t.Helper()
	var got promoted
	status := b.call(t, method, "/v1/campaigns"+path, body, &got, b.ben...)
	require.Equal(t, want, status, "%s %v", got.Detail, got.Errors)
	return got
}

func (b *stall) edit(t testing.TB, id campaign.ID, body object) (int, edited) {
	t.Helper()
	var got edited
	return b.call(t, "PATCH", "/v1/campaigns/"+string(id), body, &got, b.ben...), got
}

func (b *stall) state(t testing.TB, id campaign.ID) promoted {
	return b.campaign(t, "GET", "/"+string(id), nil, http.StatusOK)
}

func TestACampaignRunsItself(t *testing.T) {
	b := openStall(t, true)
	price := func() int64 { return b.quote(t).Price.Total }
	full := price()
	begin := time.Now().Add(2 * time.Second).Truncate(time.Second)
	c := b.campaign(t, "POST", "", sale(campaign.PercentOff, object{"basisPoints": 2000}, begin, begin.Add(2*time.Second)), http.StatusCreated)
	require.Equal(t, campaign.Scheduled, c.Effective)
	require.Len(t, b.state(t, c.ID).Timers, 2)
	require.Equal(t, full, price())

	busy := b.campaign(t, "POST", "", sale(campaign.PercentOff, object{"basisPoints": 1000}, begin, begin.Add(time.Hour)), http.StatusConflict)
	require.EqualValues(t, c.ID, busy.Errors[0].Value, "the loser learns who holds the lock")

	time.Sleep(time.Until(begin))
	require.Less(t, price(), full, "from the very instant, timer or none")
	store := campaigndb.New(b.db, nil, nil) // the API limits who asks so often
	b.until(t, "the timers have written the end down", func() bool {
		c, err := store.Get(t.Context(), c.ID)
		return err == nil && c.State == campaign.Ended
	})
	require.Equal(t, full, price())
	h := b.state(t, c.ID).History
	require.Equal(t, []time.Time{begin.UTC(), begin.Add(2 * time.Second).UTC()}, []time.Time{h[2].At, h[3].At}, "its states began when they should")
}

func TestALiveEditIsConfirmed(t *testing.T) {
	b := openStall(t, true)
	c := b.campaign(t, "POST", "", sale(campaign.PercentOff, object{"basisPoints": 1000}, time.Time{}, time.Now().Add(time.Hour)), http.StatusCreated)
	require.Equal(t, campaign.Active, c.Effective)
	change := func(points int, confirm string) (int, edited) {
		return b.edit(t, c.ID, object{"terms": object{"basisPoints": points}, "confirm": confirm})
	}
	status, preview := change(2000, "")
	require.Equal(t, http.StatusOK, status)
	require.False(t, preview.Applied)
	require.True(t, preview.Preview.Live)
	require.Equal(t, "terms.basisPoints", preview.Preview.Differences[0].Field)

	status, _ = change(3000, preview.Token)
	require.Equal(t, http.StatusConflict, status, "a token is for one change")
	b.campaign(t, "POST", "/"+string(c.ID)+"/pause", nil, http.StatusOK)
	b.campaign(t, "POST", "/"+string(c.ID)+"/resume", nil, http.StatusOK)
	status, _ = change(2000, preview.Token)
	require.Equal(t, http.StatusConflict, status, "a new generation voids it")
	require.EqualValues(t, 1000, b.state(t, c.ID).Terms.BasisPoints)

	_, preview = change(2000, "")
	status, applied := change(2000, preview.Token)
	require.Equal(t, http.StatusOK, status)
	require.True(t, applied.Applied)
	require.EqualValues(t, 2000, b.state(t, c.ID).Terms.BasisPoints)
}

func TestWhatACampaignNeeds(t *testing.T) {
	b := openStall(t, false)
	refused := b.campaign(t, "POST", "", sale(campaign.FlashSale, object{"basisPoints": 1000}, time.Time{}, time.Now().Add(time.Hour)), http.StatusUnprocessableEntity)
	require.Len(t, refused.Errors, 2, "everything missing is listed")
	max := []string{"Authorization", "Bearer " + b.Token(auth.Merchant, "max", "butcher")}
	require.Equal(t, http.StatusNotFound, b.call(t, "POST", "/v1/campaigns", sale(campaign.FreeDelivery, object{}, time.Time{}, time.Now().Add(time.Hour)), &object{}, max...))
	c := b.campaign(t, "POST", "", sale(campaign.FreeDelivery, object{}, time.Time{}, time.Now().Add(time.Hour)), http.StatusCreated)
	require.Equal(t, http.StatusNotFound, b.call(t, "GET", "/v1/campaigns/"+string(c.ID), nil, &object{}, max...))
	for _, p := range b.state(t, c.ID).Prerequisites {
		require.True(t, p.Met, p.Name)
	}
}

func TestAGrantIsForWhoHasIt(t *testing.T) {
	b := openStall(t, true)
	terms := object{"amount": 300, "currency": "EUR", "grantedOnly": true}
	c := b.campaign(t, "POST", "", sale(campaign.AmountOff, terms, time.Time{}, time.Now().Add(time.Hour)), http.StatusCreated)
	require.Empty(t, b.quote(t).Reductions, "it was not granted")
	b.campaign(t, "POST", "/"+string(c.ID)+"/grants", object{"customers": []string{"ann"}}, http.StatusOK)
	require.EqualValues(t, 300, b.quote(t).Price.Discount)
	var granted struct{ Records []campaign.Grant }
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/campaigns/"+string(c.ID)+"/grants", nil, &granted, b.ben...))
	require.Equal(t, "ann", granted.Records[0].Customer)
	b.campaign(t, "POST", "/"+string(c.ID)+"/end", nil, http.StatusOK)
	require.Empty(t, b.quote(t).Reductions)
}

func TestAnOrderThatIsRefusedGivesBackItsVoucher(t *testing.T) {
	b := openStall(t, true)
	terms := object{"amount": 300, "currency": "EUR", "perCustomer": 1}
	b.campaign(t, "POST", "", sale(campaign.AmountOff, terms, time.Time{}, time.Now().Add(time.Hour)), http.StatusCreated)
	rye, o := oneRye(), struct{ ID string }{}
	rye["quote"] = b.quote(t).Hash
	require.Equal(t, http.StatusCreated, b.call(t, "POST", "/v1/orders", rye, &o, b.ann...))
	require.Empty(t, b.quote(t).Reductions, "it was for one order")
	require.Equal(t, http.StatusOK, b.call(t, "POST", "/v1/orders/"+o.ID+"/reject", object{"reason": "out of flour"}, &o, b.ben...))
	require.EqualValues(t, 300, b.quote(t).Price.Discount)
}

func TestTheSweepFiresTimersThatWereLost(t *testing.T) {
	b := openStall(t, true)
	b.Tasks.Deliveries.Set(tasks.Mischief{Drop: 1})
	begin := time.Now().Add(time.Second).Truncate(time.Second)
	c := b.campaign(t, "POST", "", sale(campaign.PercentOff, object{"basisPoints": 1000}, begin, begin.Add(time.Second)), http.StatusCreated)
	time.Sleep(time.Until(begin.Add(3*time.Second + 100*time.Millisecond)))
	require.Equal(t, campaign.Scheduled, b.state(t, c.ID).State, "no timer came")
	require.Equal(t, campaign.Ended, b.state(t, c.ID).Effective, "but nobody was shown that")
	require.NoError(t, b.Scheduler.Run(t.Context(), "sweep"))
	require.Equal(t, campaign.Ended, b.state(t, c.ID).State)
}
