package shop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
	"lastmile/shared/shop"
)

func berlin(t *testing.T, wall string) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", wall, zone)
	require.NoError(t, err)
	return at
}

func TestOpenByTheClockOnTheWall(t *testing.T) {
	s := shop.Shop{Open: true, TimeZone: "Europe/Berlin", Hours: shop.Hours{
		Week: []shop.Weekly{
			{On: []string{"mon", "tue"}, Span: shop.Span{From: "08:00", To: "14:00"}},
			{On: []string{"mon"}, Span: shop.Span{From: "17:00", To: "22:00"}},
			{On: []string{"sat"}, Span: shop.Span{From: "22:00", To: "04:00"}},
		},
		Days: []shop.Day{{Date: "2026-11-24"}, {Date: "2026-11-25", Spans: []shop.Span{{From: "10:00", To: "11:00"}}}},
	}}
	tests := map[string]struct {
		at    string
		open  bool
		opens string
	}{
		"in the morning":                   {"2026-11-23 09:00", true, "2026-11-23 09:00"},
		"at the minute it opens":           {"2026-11-23 08:00", true, "2026-11-23 08:00"},
		"at the minute it closes":          {"2026-11-23 14:00", false, "2026-11-23 17:00"},
		"at noon":                          {"2026-11-23 15:30", false, "2026-11-23 17:00"},
		"past midnight":                    {"2026-11-22 03:59", true, "2026-11-22 03:59"},
		"on a day off":                     {"2026-11-24 09:00", false, "2026-11-25 10:00"},
		"on a day of its own":              {"2026-11-25 10:30", true, "2026-11-25 10:30"},
		"in the hour that a spring misses": {"2026-03-29 03:30", true, "2026-03-29 03:30"},
		"after it":                         {"2026-03-29 04:00", false, "2026-03-30 08:00"},
		"on the day that has 25 hours":     {"2026-10-25 03:30", true, "2026-10-25 03:30"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			at := berlin(t, test.at)
			require.Equal(t, test.open, s.OpenAt(at))
			opens, ok := s.Opens(at)
			require.True(t, ok)
			require.Equal(t, berlin(t, test.opens).UTC(), opens)
		})
	}
	s.Open = false
	_, ok := s.Opens(berlin(t, "2026-11-23 09:00"))
	require.False(t, ok, "closed until further notice")
}

func TestAShopThatMakesNoSenseHearsOfEveryFault(t *testing.T) {
	bad := shop.Shop{ID: "a b", Zone: "", TimeZone: "Mars", Currency: "euro", MinOrder: -1, PrepMinutes: 1000, Hours: shop.Hours{
		Week: []shop.Weekly{{On: []string{"noday"}, Span: shop.Span{From: "25:00", To: "26:00"}}},
		Days: []shop.Day{{Date: "soon"}},
	}}
	var faults shop.Faults
	require.ErrorAs(t, bad.Validate(), &faults)
	var fields []string
	for _, f := range faults {
		require.NotEmpty(t, f.Remedy)
		fields = append(fields, f.Field)
	}
	require.ElementsMatch(t, []string{
		"id", "name", "currency", "timeZone", "point", "zone", "minOrder", "prepMinutes", "hours.week[0].on", "hours.week[0]", "hours.days[0].date",
	}, fields)
}

func TestZone(t *testing.T) {
	z := shop.Zone{Area: []geo.Point{{Lat: 0, Lng: 0}, {Lat: 0, Lng: 4}, {Lat: 4, Lng: 4}, {Lat: 1, Lng: 2}}} // a notch in its side
	require.True(t, z.Contains(geo.Point{Lat: 0.5, Lng: 2}))
	require.False(t, z.Contains(geo.Point{Lat: 2, Lng: 1}))
	require.False(t, z.Contains(geo.Point{Lat: 5, Lng: 5}))
	f := shop.Fees{Delivery: 250, PerKilometre: 100, FreeMetres: 1000, ServiceBasisPoints: 250}
	require.EqualValues(t, 250, f.DeliveryFee(1000))
	require.EqualValues(t, 350, f.DeliveryFee(1001))
	require.EqualValues(t, 450, f.DeliveryFee(2500))
	require.EqualValues(t, 21, f.ServiceFee(850))
}
