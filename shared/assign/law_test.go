package assign_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/assign"
)

// drawRound draws a small town in which everything that an order or a courier
// can be happens.
func drawRound(t *rapid.T) assign.Round {
	r := assign.Round{Now: noon, Travel: assign.NewTable(assign.Straight(5)), Explain: true}
	r.Config = assign.Config{Version: 3, CourierTime: 0.2}
	for i := range rapid.IntRange(0, 8).Draw(t, "orders") {
		r.Orders = append(r.Orders, drawOrder(t, fmt.Sprint("o", i)))
	}
	for range rapid.IntRange(0, 3).Draw(t, "expected") {
		r.Expected = append(r.Expected, drawOrder(t, ""))
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "couriers") {
		r.Couriers = append(r.Couriers, drawCourier(t, fmt.Sprint("c", i)))
	}
	return r
}

func drawOrder(t *rapid.T, id string) assign.Order {
	shop := rapid.IntRange(0, 2).Draw(t, "shop")
	placed := noon.Add(-time.Duration(rapid.IntRange(0, 5000).Draw(t, "age")) * time.Second)
	o := assign.Order{
		ID: id, Shop: fmt.Sprint("s", shop), Pickup: at(float64(shop * 1500)),
		Dropoff: at(float64(rapid.IntRange(-4000, 6000).Draw(t, "door"))),
		Placed:  placed, Ready: placed.Add(time.Duration(rapid.IntRange(0, 2400).Draw(t, "prep")) * time.Second),
		Needs:   assign.Needs{Size: rapid.IntRange(0, 2).Draw(t, "size"), Cash: rapid.Int64Range(0, 50).Draw(t, "cash")},
		Offered: rapid.IntRange(0, 7).Draw(t, "offered") == 0,
	}
	if rapid.IntRange(0, 5).Draw(t, "pinned") == 0 {
		o.Pinned = "c1"
	}
	return o
}

func drawCourier(t *rapid.T, id string) assign.Courier {
	asked := rapid.IntRange(0, 20).Draw(t, "asked")
	return assign.Courier{
		ID: id, At: at(float64(rapid.IntRange(-4000, 6000).Draw(t, "at"))),
		FreeAt: noon.Add(time.Duration(rapid.IntRange(-600, 900).Draw(t, "free")) * time.Second),
		Off:    noon.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "off")) * time.Second),
		Online: rapid.IntRange(0, 7).Draw(t, "online") > 0, Offered: rapid.IntRange(0, 7).Draw(t, "holds") == 0,
		Capacity: rapid.IntRange(0, 4).Draw(t, "capacity"), CashLimit: rapid.Int64Range(0, 100).Draw(t, "limit"),
		Score:  rapid.Float64Range(0, 100).Draw(t, "score"),
		Habits: assign.Habits{Asked: asked, Accepted: rapid.IntRange(0, asked).Draw(t, "accepted")},
	}
}

func TestEveryRoundKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRound(t)
		d := assign.Decide(r)

		offered := map[string]bool{}
		busy := map[string]bool{}
		for _, offer := range d.Offers {
			checkOffer(t, r, offer)
			for _, o := range offer.Orders {
				require.False(t, offered[o], "%s is in two offers", o)
				offered[o] = true
			}
			for _, c := range offer.Couriers {
				require.False(t, busy[c], "%s has two offers", c)
				busy[c] = true
			}
		}
		require.Len(t, d.Ledger, len(r.Orders))
		for i, e := range d.Ledger {
			require.Equal(t, r.Orders[i].ID, e.Order)
			require.Equal(t, offered[e.Order], e.Outcome == assign.Offered)
			require.Equal(t, r.Orders[i].Offered, e.Outcome == assign.Open)
			require.True(t, e.Due.After(r.Now), "nobody would look at %s again", e.Order)
		}
	})
}

// checkOffer sees to it that all who are asked may carry the whole trip.
func checkOffer(t *rapid.T, r assign.Round, offer assign.Offer) {
	require.LessOrEqual(t, len(offer.Couriers), 3)
	require.LessOrEqual(t, len(offer.Orders), 3)
	size, cash, shop := 0, int64(0), ""
	for _, id := range offer.Orders {
		o := r.Orders[slices.IndexFunc(r.Orders, func(o assign.Order) bool { return o.ID == id })]
		require.False(t, o.Offered)
		require.True(t, shop == "" || shop == o.Shop, "one trip, two shops")
		require.True(t, o.Pinned == "" || slices.Equal(offer.Couriers, []string{o.Pinned}), "pinned to another")
		shop, size, cash = o.Shop, size+max(o.Needs.Size, 1), cash+o.Needs.Cash
	}
	for _, id := range offer.Couriers {
		c := r.Couriers[slices.IndexFunc(r.Couriers, func(c assign.Courier) bool { return c.ID == id })]
		require.True(t, c.Online && !c.Offered)
		require.False(t, c.FreeAt.After(r.Now), "is not free")
		require.True(t, c.Capacity == 0 || size <= c.Capacity, "carries too much")
		require.True(t, c.CashLimit == 0 || cash <= c.CashLimit, "holds too much cash")
	}
	require.False(t, offer.Pickup.Before(r.Now))
	require.Len(t, offer.Door, len(offer.Orders))
}

func TestAStoredRoundIsReplayedBitForBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRound(t)
		first, err := json.Marshal(assign.Decide(r))
		require.NoError(t, err)
		stored, err := json.Marshal(r)
		require.NoError(t, err)
		times, err := json.Marshal(r.Travel)
		require.NoError(t, err)

		var again assign.Round
		require.NoError(t, json.Unmarshal(stored, &again))
		var table assign.Table
		require.NoError(t, json.Unmarshal(times, &table))
		again.Travel = &table
		second, err := json.Marshal(assign.Decide(again))

		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
}

func TestAStoredTableGuessesWhatItDoesNotKnow(t *testing.T) {
	table := assign.NewTable(assign.Straight(10))
	table.Set(at(0), at(1000), time.Minute)
	stored, err := json.Marshal(table)
	require.NoError(t, err)

	var again assign.Table
	require.NoError(t, json.Unmarshal(stored, &again))

	require.Equal(t, time.Minute, again.Time(at(0), at(1000)))
	require.Equal(t, 200*time.Second, again.Time(at(0), at(999)))
	require.Error(t, json.Unmarshal([]byte("7"), &again))
}

func TestExpectingRepeatsTheLastMinutes(t *testing.T) {
	old, recent := order("old", 0), order("recent", 0)
	old.Placed = noon.Add(-16 * time.Minute)

	expected := assign.Expect([]assign.Order{old, recent}, noon, 15*time.Minute)

	require.Len(t, expected, 1)
	require.Empty(t, expected[0].ID)
	require.Equal(t, recent.Placed.Add(15*time.Minute), expected[0].Placed)
	require.Equal(t, recent.Ready.Add(15*time.Minute), expected[0].Ready)
}
