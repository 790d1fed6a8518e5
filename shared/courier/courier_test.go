package courier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/courier"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestDuty(t *testing.T) {
	busy := courier.Courier{OnDuty: true}.Take("o1", 0)
	tests := map[string]struct {
		courier courier.Courier
		on      bool
		ends    time.Time
		refusal string
	}{
		"a courier begins":                           {courier.Courier{}, true, time.Time{}, ""},
		"a courier begins a shift":                   {courier.Courier{}, true, noon.Add(time.Hour), ""},
		"no shift ends before it begins":             {courier.Courier{}, true, noon.Add(-time.Hour), "end before it begins"},
		"who is disabled does not begin":             {courier.Courier{Disabled: true}, true, time.Time{}, "disabled"},
		"nobody goes with goods in the bag":          {busy, false, time.Time{}, "still to be brought: o1"},
		"whoever has brought all of them does":       {busy.Bring("o1"), false, time.Time{}, ""},
		"whoever carries something may say it again": {busy, true, time.Time{}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			after, err := test.courier.Duty(test.on, test.ends, "ops", noon)
			if test.refusal != "" {
				require.ErrorIs(t, err, courier.ErrRefused)
				require.ErrorContains(t, err, test.refusal)
				require.Equal(t, test.courier, after)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.on, after.OnDuty)
		})
	}
}

func TestWhoIsDisabledGoesOffDuty(t *testing.T) {
	c := courier.Courier{ID: "ada"}.With(courier.Profile{Name: "Ada", Zone: "malta", Vehicle: courier.Car, Capacity: 2}, "ops", noon)
	c, err := c.Duty(true, time.Time{}, "ada", noon)
	require.NoError(t, err)
	p := c.Profile()
	require.Empty(t, p.Faults())
	p.Disabled = true
	require.False(t, c.With(p, "ops", noon).OnDuty)
	require.Len(t, courier.Profile{Vehicle: "kite", CashLimit: -1, Skills: []string{""}}.Faults(), 6)
}

// However often orders are taken on, dropped and brought, each counts once, and
// cash is what was taken on and not dropped.
func TestAnOrderCountsOnceInALoad(t *testing.T) {
	ids := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		var c courier.Courier
		carried, cash := map[string]bool{}, int64(0)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "order")
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				if !carried[id] {
					cash += 100
				}
				c, carried[id] = c.Take(id, 100), true
			case 1:
				if carried[id] {
					cash -= 100
				}
				c = c.Drop(id, 100)
				delete(carried, id)
			case 2:
				c = c.Bring(id)
				delete(carried, id)
			}
			require.Len(t, c.Load.Orders, len(carried))
			require.Equal(t, cash, c.Load.Cash)
		}
	})
}
