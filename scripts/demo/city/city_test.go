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

func TestACityGivesWayToAPlatformThatIsLate(t *testing.T) {
	p := pace{share: 1}
	p.judge(100, 0, 0)
	require.Equal(t, 1.0, p.now(), "nothing is late")
	p.judge(100, 5, 0)
	require.Equal(t, 1.0, p.now(), "some always are")
	p.judge(100, 6, 0)
	require.Equal(t, 0.8, p.now())
	p.judge(100, 0, 1)
	require.InDelta(t, 0.64, p.now(), 1e-9, "a fault is as bad")
	for range 100 {
		p.judge(0, 0, 1)
	}
	require.Equal(t, slowest, p.now(), "it never stands still")
	for range 100 {
		p.judge(100, 0, 0)
	}
	require.Equal(t, 1.0, p.now(), "it comes back")
}

func TestACityHasNoMoreSocketsThanFiles(t *testing.T) {
	for says, c := range map[string]struct {
		ends, limit, couriers int
	}{
		"all fit":                            {1, 20_000, 10_000},
		"both ends of a socket are here":     {2, 20_000, 7881},
		"a platform elsewhere takes the one": {1, 10_000, 7465},
		"too few for anybody":                {1, 256, 0},
	} {
		t.Run(says, func(t *testing.T) {
			var said []string
			o := Options{Couriers: 10_000, Shops: 42, Orders: 20, Speed: 10, Ends: c.ends, Say: func(text string) { said = append(said, text) }}
			o.fit(c.limit)
			require.Equal(t, c.couriers, o.Couriers)
			require.InDelta(t, 20*float64(c.couriers)/10_000, o.Orders, 0.01, "as many fewer orders")
			require.Equal(t, c.couriers < 10_000, len(said) == 1, "who asked for more is told: %v", said)
		})
	}
}
