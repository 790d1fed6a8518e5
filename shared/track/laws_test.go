package track_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/geo"
	"lastmile/shared/track"
)

// fixes draws fixes of few couriers, places and times, so that many collide, and
// some over so long a time that couriers are forgotten.
func fixes(t *rapid.T, name string) []track.Fix {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) track.Fix {
		return track.Fix{
			Courier: track.CourierID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "courier")),
			Order:   track.OrderID(rapid.SampledFrom([]string{"", "o1"}).Draw(t, "order")),
			At:      noon.Add(time.Duration(rapid.Int64Range(0, 5).Draw(t, "second"))*time.Second + time.Duration(rapid.SampledFrom([]int{0, 0, 0, 200}).Draw(t, "hours"))*time.Hour),
			Seq:     rapid.Int64Range(0, 2).Draw(t, "seq"),
			Point: geo.Point{
				Lat: rapid.Float64Range(-geo.MaxLat, geo.MaxLat).Draw(t, "lat"),
				Lng: rapid.Float64Range(-geo.MaxLng, geo.MaxLng).Draw(t, "lng"),
			},
			Accuracy: rapid.Float64Range(0, 9999).Draw(t, "accuracy"),
			Speed:    rapid.Float64Range(0, 999).Draw(t, "speed"),
			Heading:  rapid.Float64Range(0, 360).Draw(t, "heading"),
		}
	}), 0, 30).Draw(t, name)
}

func fold(batches ...[]track.Fix) track.Newest {
	n := track.Newest{}
	for _, b := range batches {
		n.Merge(b...)
	}
	return n
}

func TestOrderRepeatsAndGroupingDoNotMatterToPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := fixes(t, "a"), fixes(t, "b"), fixes(t, "c")
		want := fold(a, b, c)
		require.Equal(t, want, fold(c, a, b), "commutative")
		require.Equal(t, want, fold(fold(a, b).Fixes(), c), "associative")
		require.Equal(t, want, fold(a, b, a, c, c), "idempotent")
		require.Zero(t, want.Merge(fold(a, b, c).Fixes()...), "a repeat changes nothing")
	})
}

func TestOrderRepeatsAndGroupingDoNotMatterToTrails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := fixes(t, "a"), fixes(t, "b"), fixes(t, "c")
		want := track.TrailOf(slices.Concat(a, b, c)...)
		same := func(got track.Trail, why string) { require.Equal(t, want.Pack(), got.Pack(), why) }
		same(track.TrailOf(c...).Merge(track.TrailOf(a...)).Merge(track.TrailOf(b...)), "commutative and associative")
		same(want.Merge(track.TrailOf(b...)), "idempotent")
		var together track.Trail
		for _, w := range slices.Sorted(maps.Keys(want.Windows())) {
			together = append(together, want.Windows()[w]...)
		}
		same(together, "windows divide a trail without loss")
	})
}

func TestPackedPositionsComeBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := fold(fixes(t, "fixes"))
		back, err := track.Unpack(n.Pack())
		require.NoError(t, err)
		require.Equal(t, n, back)
		require.Equal(t, n.Pack(), back.Pack())
	})
}

func TestWhatIsKeptIsAsPreciseAsPromised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, f := range fixes(t, "fixes") {
			r := f.Rounded()
			require.Less(t, geo.Distance(f.Point, r.Point), 0.02)
			require.InDelta(t, f.Accuracy, r.Accuracy, 0.051)
			require.InDelta(t, f.Speed, r.Speed, 0.0051)
			require.Equal(t, r, r.Rounded())
			require.Zero(t, f.Compare(r))
			for i, n := range f.Numbers() {
				require.LessOrEqual(t, len(fmt.Sprint(n)), track.Digits[i])
				require.GreaterOrEqual(t, n, int64(0))
			}
			trail, err := track.UnpackTrail(track.TrailOf(f).Pack())
			require.NoError(t, err)
			require.Less(t, geo.Distance(f.Point, trail[0].Point), 0.12)
			require.Equal(t, f.At.Truncate(time.Second), trail[0].At)
		}
	})
}

func TestPackedTrailsComeBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trail := track.TrailOf(fixes(t, "fixes")...)
		back, err := track.UnpackTrail(trail.Pack())
		require.NoError(t, err)
		require.Equal(t, len(trail), len(back))
		for i := range trail {
			require.Equal(t, trail[i], back[i])
		}
	})
}

func TestShardsAreStable(t *testing.T) {
	require.Equal(t, []int{3, 2, 1, 0}, []int{
		track.CourierID("d").Shard(track.Shards), track.CourierID("c").Shard(track.Shards),
		track.CourierID("b").Shard(track.Shards), track.CourierID("a").Shard(track.Shards),
	}, "a courier that changes its shard is in two documents")
	var sizes [track.Shards]int
	for i := range 4000 {
		sizes[track.CourierID(fmt.Sprint("courier-", i)).Shard(track.Shards)]++
	}
	for _, n := range sizes {
		require.InDelta(t, 1000, n, 200)
	}
}

// Stored bytes may be of another version or torn: an error, never a panic.
func FuzzUnpack(f *testing.F) {
	f.Add(fold([]track.Fix{at(0, 0), at(1, 5)}).Pack())
	f.Add(track.TrailOf(at(0, 0), at(1, 5)).Pack())
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := track.Unpack(b); err == nil {
			require.NotNil(t, n)
		} else {
			require.ErrorIs(t, err, track.ErrPacked)
		}
		if _, err := track.UnpackTrail(b); err != nil {
			require.ErrorIs(t, err, track.ErrPacked)
		}
	})
}

func many(couriers int) []track.Fix {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]track.Fix, couriers)
	for i := range all {
		all[i] = at(float64(r.IntN(60)), float64(r.IntN(10_000)))
		all[i].Courier = track.CourierID(fmt.Sprint("courier-", i))
	}
	return all
}

func BenchmarkMerge250Into2500(b *testing.B) {
	b.ReportAllocs()
	n, later := fold(many(2500)), many(250)
	for i := 0; b.Loop(); i++ {
		for j := range later {
			later[j].At = noon.Add(time.Minute + time.Duration(i)*time.Millisecond)
		}
		n.Merge(later...)
	}
}

func BenchmarkPackAndUnpack2500(b *testing.B) {
	b.ReportAllocs()
	n := fold(many(2500))
	for b.Loop() {
		if _, err := track.Unpack(n.Pack()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(n.Pack()))/2500, "bytes/courier")
}

func BenchmarkTrailOf300(b *testing.B) {
	b.ReportAllocs()
	ride := make([]track.Fix, 300)
	for i := range ride {
		ride[i] = at(float64(i), float64(i)*7)
	}
	for b.Loop() {
		track.TrailOf(ride...).Pack()
	}
	b.ReportMetric(float64(len(track.TrailOf(ride...).Pack()))/300, "bytes/spot")
}
