package assign_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/assign"
	"lastmile/shared/geo"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// at returns the place so many metres east of the shop.
func at(metres float64) geo.Point { return geo.Point{Lng: metres / 111_195} }

func order(id string, ready time.Duration) assign.Order {
	return assign.Order{ID: id, Shop: "shop", Dropoff: at(2000), Placed: noon.Add(-5 * time.Minute), Ready: noon.Add(ready)}
}

func courier(id string, metres float64) assign.Courier {
	return assign.Courier{ID: id, At: at(metres), FreeAt: noon, Online: true, Score: 50}
}

// sure is a courier who has never refused.
func sure(id string, metres float64) assign.Courier {
	c := courier(id, metres)
	c.Habits = assign.Habits{Asked: 1000, Accepted: 1000}
	return c
}

func round(orders []assign.Order, couriers ...assign.Courier) assign.Round {
	return assign.Round{Now: noon, Orders: orders, Couriers: couriers, Travel: assign.Straight(5), Explain: true}
}

func asked(d assign.Decision) [][]string {
	var all [][]string
	for _, o := range d.Offers {
		all = append(all, o.Couriers)
	}
	return all
}

func TestWhoIsAsked(t *testing.T) {
	now := []assign.Order{order("o1", 0)}
	better := courier("better", 700)
	better.Score = 80
	muchBetter := courier("much better", 1500)
	muchBetter.Score = 100
	doubtful := courier("doubtful", 100)
	doubtful.Habits = assign.Habits{Asked: 20, Accepted: 2}
	holder := courier("holder", 10)
	holder.Offered = true
	old := order("o1", 0)
	old.Placed = noon.Add(-85 * time.Minute)
	for name, c := range map[string]struct {
		round assign.Round
		want  [][]string
	}{
		"the nearest":                                        {round(now, sure("far", 3000), sure("near", 500)), [][]string{{"near"}}},
		"a better score outweighs a little way":              {round(now, sure("near", 500), better), [][]string{{"better"}}},
		"the best score does not outweigh three minutes":     {round(now, sure("near", 0), muchBetter), [][]string{{"near"}}},
		"two when it is doubtful that the first accepts":     {round(now, doubtful, sure("next", 200)), [][]string{{"doubtful", "next"}}},
		"nobody far away, in case that the first refuses":    {round(now, courier("near", 100), sure("far", 4000)), [][]string{{"near"}}},
		"nobody who holds an offer":                          {round(now, holder), nil},
		"nobody, however good, for what would come too late": {round([]assign.Order{old}, muchBetter), nil},
		"nobody yet for an order that is ready much later":   {round([]assign.Order{order("o1", 20*time.Minute)}, courier("c", 300)), nil},
		"each of two couriers for one of two orders":         {round([]assign.Order{order("o1", 0), elsewhere("o2", 5000)}, sure("west", 100), sure("east", 5100)), [][]string{{"west"}, {"east"}}},
		"the one who leaves the other where others want it":  {expecting(round(now, sure("between", 600), sure("behind", -700)), elsewhere("", 1200)), [][]string{{"behind", "between"}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, asked(assign.Decide(c.round)))
		})
	}
}

// elsewhere returns an order of a shop so many metres east.
func elsewhere(id string, metres float64) assign.Order {
	o := order(id, 0)
	o.Shop, o.Pickup, o.Dropoff = "elsewhere", at(metres), at(metres+2000)
	return o
}

func expecting(r assign.Round, o assign.Order) assign.Round {
	o.Placed, o.Ready = noon.Add(time.Minute), noon.Add(2*time.Minute)
	r.Expected = []assign.Order{o}
	return r
}

func TestTwoOrdersOfAShopShareATripWhenCouriersAreScarce(t *testing.T) {
	orders := []assign.Order{order("o1", 0), order("o2", time.Minute)}

	scarce := assign.Decide(round(orders, courier("c1", 300)))
	require.Len(t, scarce.Offers, 1)
	require.ElementsMatch(t, []string{"o1", "o2"}, scarce.Offers[0].Orders)
	require.Equal(t, []string{"o2"}, scarce.Ledger[0].With)

	orders[1].Dropoff = at(-2000)
	plenty := assign.Decide(round(orders, courier("c1", 300), courier("c2", 300)))
	require.Len(t, plenty.Offers, 2)
}

func TestAnOfferSaysWhenTheCourierIsWhere(t *testing.T) {
	d := assign.Decide(round([]assign.Order{order("o1", 0)}, courier("c", 1500)))

	require.Len(t, d.Offers, 1)
	pickup := noon.Add(5*time.Minute + 2*time.Minute)
	require.WithinDuration(t, pickup, d.Offers[0].Pickup, 2*time.Second)
	require.WithinDuration(t, pickup.Add(400*time.Second+4*time.Minute), d.Offers[0].Door[0], 4*time.Second)
	require.Equal(t, noon.Add(30*time.Second), d.Offers[0].Expires)
}

func TestAHeldOrderIsOfferedInTimeToBePickedUpWhenItIsReady(t *testing.T) {
	o := order("o1", 20*time.Minute)
	r := round([]assign.Order{o}, courier("c", 3000))
	for r.Now = noon; ; r.Now = r.Now.Add(15 * time.Second) {
		d := assign.Decide(r)
		if len(d.Offers) > 0 {
			require.WithinDuration(t, o.Ready, d.Offers[0].Pickup, 0)
			return
		}
		require.Equal(t, assign.Held, d.Ledger[0].Outcome)
		require.True(t, d.Ledger[0].Due.After(r.Now))
		require.True(t, d.Ledger[0].Candidates[0].Foreseen)
		require.True(t, r.Now.Before(o.Ready), "it was never offered")
	}
}

func TestAnOrderWithAnOpenOfferIsNotOfferedAgain(t *testing.T) {
	o := order("o1", 0)
	o.Offered = true
	d := assign.Decide(round([]assign.Order{o}, courier("c", 100)))

	require.Empty(t, d.Offers)
	require.Equal(t, assign.Open, d.Ledger[0].Outcome)
}

func TestTheLedgerRanksCandidatesByTheirTerms(t *testing.T) {
	far, off := sure("far", 3000), courier("off", 10)
	off.Online = false
	r := round([]assign.Order{order("o1", 0)}, off, far, sure("near", 600))
	r.Config.Version = 7

	d := assign.Decide(r)

	require.Equal(t, 7, d.Config)
	all := d.Ledger[0].Candidates
	require.Len(t, all, 3)
	require.Equal(t, "near", all[0].Courier)
	require.True(t, all[0].Asked)
	require.Equal(t, 1, all[0].Rank)
	require.Equal(t, 120*time.Second, all[0].Terms.ETA.Round(5*time.Second))
	require.Equal(t, 240*time.Second, all[0].Terms.Delay.Round(5*time.Second), "the way, and half the time at the shop")
	require.Equal(t, 2, all[1].Rank)
	require.False(t, all[1].Asked)
	require.Greater(t, all[1].Terms.Cost(), all[0].Terms.Cost())
	require.Equal(t, assign.Candidate{Courier: "off", Dropped: assign.Offline}, all[2])
}
