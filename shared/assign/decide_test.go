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

func round(orders []assign.Order, couriers ...assign.Courier) assign.Round {
	return assign.Round{Now: noon, Orders: orders, Couriers: couriers, Travel: assign.Straight(5), Explain: true}
}

func TestTheNearestCourierIsAskedFirst(t *testing.T) {
	d := assign.Decide(round([]assign.Order{order("o1", 0)}, courier("far", 3000), courier("near", 500)))

	require.Len(t, d.Offers, 1)
	require.Equal(t, []string{"o1"}, d.Offers[0].Orders)
	require.Equal(t, "near", d.Offers[0].Couriers[0])
	require.Equal(t, assign.Offered, d.Ledger[0].Outcome)
	require.Equal(t, "near", d.Ledger[0].Candidates[0].Courier)
}

func TestAnOrderIsHeldUntilItIsDue(t *testing.T) {
	d := assign.Decide(round([]assign.Order{order("o1", 20*time.Minute)}, courier("c", 300)))

	require.Empty(t, d.Offers)
	require.Equal(t, assign.Held, d.Ledger[0].Outcome)
	require.True(t, d.Ledger[0].Due.After(noon.Add(10*time.Minute)))
	require.True(t, d.Ledger[0].Candidates[0].Foreseen)
}
