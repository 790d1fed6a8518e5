package city

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
)

func TestARideGoesAsFarAsItIsTold(t *testing.T) {
	r := ride{points: []geo.Point{{Lat: 40, Lng: -30}, {Lat: 40.001, Lng: -30}, {Lat: 40.001, Lng: -29.999}}}
	whole := geo.Distance(r.points[0], r.points[1]) + geo.Distance(r.points[1], r.points[2])
	from := r.at()
	heading, arrived := r.advance(50)
	require.False(t, arrived)
	require.InDelta(t, 0, heading, 0.1, "to the north")
	require.InDelta(t, 50, geo.Distance(from, r.at()), 0.1)
	heading, arrived = r.advance(whole - 60)
	require.False(t, arrived)
	require.InDelta(t, 90, heading, 0.1, "round the corner, to the east")
	_, arrived = r.advance(20)
	require.True(t, arrived)
	require.Equal(t, geo.Point{Lat: 40.001, Lng: -29.999}, r.at())
}

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{"20/s": 20, "90/m": 1.5, "3600/h": 1, "2": 2} {
		var r Rate
		require.NoError(t, r.Set(text), text)
		require.InDelta(t, float64(want), float64(r), 1e-9, text)
	}
	for _, text := range []string{"", "fast", "1/d", "-1/s", "1e9/s"} {
		require.Error(t, new(Rate).Set(text), text)
	}
}

func TestAnOrderThatTwoBroughtIsAFault(t *testing.T) {
	l := ledger{placed: map[string]bool{}, by: map[string]string{}}
	l.place("o1")
	l.delivered("o1", "ada")
	l.delivered("o1", "ada")
	_, faults := l.orders()
	require.Empty(t, faults, "saying it twice is not")
	l.delivered("o1", "bob")
	_, faults = l.orders()
	require.Len(t, faults, 1)
}
