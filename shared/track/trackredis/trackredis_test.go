package trackredis_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/shared/geo"
	"lastmile/shared/track"
	"lastmile/shared/track/trackredis"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// at is a fix some seconds after noon and some metres north of Austin's capitol.
func at(courier track.CourierID, second int, north float64) track.Fix {
	f := track.Fix{
		Courier: courier, At: noon.Add(time.Duration(second) * time.Second), Seq: int64(second),
		Point: geo.Point{Lat: 30.2747 + north/111_195, Lng: -97.7404}, Accuracy: 5, Speed: 4.2, Heading: 359.9,
	}
	return f.Rounded()
}

func onOrder(f track.Fix, order track.OrderID) track.Fix {
	f.Order = order
	return f
}

// onBoth runs test on miniredis and, where there is one, on redis-server.
func onBoth(t *testing.T, test func(t *testing.T, c *goredis.Client)) {
	t.Run("miniredis", func(t *testing.T) { test(t, start(t, redis.Embedded)) })
	t.Run("redis-server", func(t *testing.T) {
		program, err := exec.LookPath("redis-server")
		if err != nil {
			t.Skip("redis-server is not on PATH")
		}
		test(t, start(t, program))
	})
}

func start(t testing.TB, server string) *goredis.Client {
	srv, err := redis.Start(redis.Options{Server: server})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	c := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestTheNewestFixWins(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		tests := map[string]struct {
			batch []track.Fix
			newer int
			want  track.Fix
		}{
			"1 the first":                          {[]track.Fix{at("ada", 10, 0)}, 1, at("ada", 10, 0)},
			"2 a repeat changes nothing":           {[]track.Fix{at("ada", 10, 0)}, 0, at("ada", 10, 0)},
			"3 an older one changes nothing":       {[]track.Fix{at("ada", 9, 50)}, 0, at("ada", 10, 0)},
			"4 the newest of a batch wins":         {[]track.Fix{at("ada", 12, 20), at("ada", 13, 30), at("ada", 11, 10)}, 1, at("ada", 13, 30)},
			"5 one old fix does not stop a batch":  {[]track.Fix{at("bob", 1, 0), at("ada", 2, 0), at("ada", 14, 40)}, 2, at("ada", 14, 40)},
			"6 of the same time the last in count": {[]track.Fix{{Courier: "ada", At: noon.Add(14 * time.Second), Seq: 15, Point: geo.Point{Lat: -33, Lng: 151}}}, 1, track.Fix{Courier: "ada", At: noon.Add(14 * time.Second), Seq: 15, Point: geo.Point{Lat: -33, Lng: 151}}},
		}
		for _, name := range sorted(tests) {
			newer, _, err := s.Keep(t.Context(), noon, tests[name].batch...)
			require.NoError(t, err, name)
			require.Equal(t, tests[name].newer, newer, name)
			got, err := s.Newest(t.Context(), "nobody", "ada")
			require.NoError(t, err, name)
			require.Equal(t, []track.Fix{tests[name].want}, got, name)
		}
		_, _, err := s.Keep(t.Context(), noon, make([]track.Fix, trackredis.MaxFixes+1)...)
		require.ErrorContains(t, err, "at most 1000")
	})
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// The order of arrival never decides: not with Redis's comparison of text, and
// not between fixes that differ in one number only.
func TestRedisAgreesWithTheFoldWhateverTheOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		r := rand.New(rand.NewPCG(7, 7))
		var all []track.Fix
		want := track.Newest{}
		for range 3000 {
			f := track.Fix{
				Courier: track.CourierID("c" + strconv.Itoa(r.IntN(40))),
				At:      noon.Add(time.Duration(r.IntN(3)) * time.Millisecond), Seq: int64(r.IntN(2)) * (1<<53 - 1),
				Point:    geo.Point{Lat: float64(r.IntN(3)-1) * geo.MaxLat, Lng: float64(r.IntN(3)-1) * 180},
				Accuracy: float64(r.IntN(2)) * 9999, Speed: float64(r.IntN(2)) * 999, Heading: float64(r.IntN(2)) * 359.96,
			}
			all = append(all, f)
			want.Merge(f)
		}
		for range 2 {
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for batch := range slices.Chunk(all, 250) {
				_, _, err := s.Keep(t.Context(), noon, batch...)
				require.NoError(t, err)
			}
		}
		var couriers []track.CourierID
		for id := range want {
			couriers = append(couriers, id)
		}
		got, err := s.Newest(t.Context(), couriers...)
		require.NoError(t, err)
		require.ElementsMatch(t, want.Fixes(), got)
	})
}

func TestExactlyOneCallerBeginsADueDrain(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		_, first, err := s.Keep(t.Context(), noon, at("ada", 0, 0))
		require.NoError(t, err)
		require.NotEmpty(t, first, "nothing was ever flushed, so it is due")

		var mu sync.Mutex
		var batches []string
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				_, batch, err := s.Keep(t.Context(), noon.Add(6*time.Second), at(track.CourierID(fmt.Sprint("c", i)), 6, 0))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || batch != "" {
					batches = append(batches, batch)
				}
			})
		}
		group.Wait()
		require.Len(t, batches, 1)

		stale, err := s.Stale(t.Context(), noon.Add(time.Minute), 10)
		require.NoError(t, err)
		require.Equal(t, []string{first, batches[0]}, stale, "the oldest first")
		stale, err = s.Stale(t.Context(), noon.Add(6*time.Second), 10)
		require.NoError(t, err)
		require.Equal(t, []string{first}, stale)
	})
}

func TestADrainStaysUntilItIsDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		begin := func(second int) string {
			_, batch, err := s.Keep(t.Context(), noon.Add(time.Duration(second)*time.Second))
			require.NoError(t, err)
			return batch
		}
		require.Empty(t, begin(-10), "without positions there is nothing to drain")
		_, _, err := s.Keep(t.Context(), noon.Add(-9*time.Second), at("ada", 1, 0), at("bob", 1, 0))
		require.NoError(t, err)
		batch := begin(0)
		require.NotEmpty(t, batch)
		require.Empty(t, begin(10), "a drain holds what was dirty")

		_, _, err = s.Keep(t.Context(), noon.Add(11*time.Second), at("ada", 2, 7))
		require.NoError(t, err)
		for range 2 {
			positions, _, err := s.Drain(t.Context(), batch)
			require.NoError(t, err)
			require.ElementsMatch(t, []track.Fix{at("ada", 2, 7), at("bob", 1, 0)}, positions, "positions are as new as they can be")
		}
		require.NoError(t, s.Drop(t.Context(), batch))
		positions, _, err := s.Drain(t.Context(), batch)
		require.NoError(t, err)
		require.Empty(t, positions)
		require.NotEmpty(t, begin(20), "what came meanwhile is in the next")
	})
}

func TestAClockThatIsAheadDoesNotStopTheFlush(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		_, _, err := s.Keep(t.Context(), noon.Add(time.Hour), at("ada", 0, 0))
		require.NoError(t, err)
		_, batch, err := s.Keep(t.Context(), noon, at("ada", 1, 0))
		require.NoError(t, err)
		require.NotEmpty(t, batch)
	})
}

func TestTrailsWaitLongerThanPositions(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		drained := func(second int, fixes ...track.Fix) []track.Piece {
			_, batch, err := s.Keep(t.Context(), noon.Add(time.Duration(second)*time.Second), fixes...)
			require.NoError(t, err)
			_, pieces, err := s.Drain(t.Context(), batch)
			require.NoError(t, err)
			require.NoError(t, s.Drop(t.Context(), batch))
			return pieces
		}
		first, second, other := onOrder(at("ada", 0, 0), "o1"), onOrder(at("ada", 1, 5), "o1"), onOrder(at("bob", 1, 9), "o1")
		require.Empty(t, drained(0, second, other))
		require.Empty(t, drained(6, first, second))
		want := []track.Piece{{Order: "o1", Courier: "ada", Trail: track.TrailOf(first, second)}, {Order: "o1", Courier: "bob", Trail: track.TrailOf(other)}}
		pending, err := s.Pending(t.Context(), "o1")
		require.NoError(t, err)
		require.Equal(t, want, pending, "a late fix and a repeat are in their place")

		require.Equal(t, want, drained(306))
		require.Empty(t, drained(700))
		pending, err = s.Pending(t.Context(), "o1")
		require.NoError(t, err)
		require.Empty(t, pending)
	})
}

func TestNearby(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		_, _, err := s.Keep(t.Context(), noon, at("far", 0, 5000), at("near", 0, 100), at("nearer", 0, -50), at("gone", 0, 10))
		require.NoError(t, err)
		_, _, err = s.Keep(t.Context(), noon, at("gone", 1, 90_000))
		require.NoError(t, err)
		near, err := s.Nearby(t.Context(), at("", 0, 0).Point, 1000, 10)
		require.NoError(t, err)
		require.Len(t, near, 2)
		require.Equal(t, at("nearer", 0, -50), near[0].Fix)
		require.InDelta(t, 100, near[1].Metres, 1)
		near, err = s.Nearby(t.Context(), at("", 0, 0).Point, 10_000, 1)
		require.NoError(t, err)
		require.Len(t, near, 1)
		near, err = s.Nearby(t.Context(), geo.Point{Lat: 1, Lng: 1}, 1000, 10)
		require.NoError(t, err)
		require.Empty(t, near)
	})
}

// Positions are added by the score that GEOADD would give them.
func TestACellIsTheScoreOfTheGeoIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		r := rand.New(rand.NewPCG(3, 3))
		for i := range 300 {
			p := geo.Point{Lat: (r.Float64()*2 - 1) * geo.MaxLat, Lng: (r.Float64()*2 - 1) * geo.MaxLng}
			member := strconv.Itoa(i)
			require.NoError(t, c.GeoAdd(t.Context(), "g", &goredis.GeoLocation{Name: member, Longitude: p.Lng, Latitude: p.Lat}).Err())
			require.Equal(t, float64(p.Cell()), c.ZScore(t.Context(), "g", member).Val(), "%v", p)
		}
	})
}

func TestCouriersNotHeardOfAreForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, c *goredis.Client) {
		s := trackredis.New(c, trackredis.Options{})
		_, _, err := s.Keep(t.Context(), noon, at("left", 0, 0), at("here", 10, 0))
		require.NoError(t, err)
		n, err := s.Forget(t.Context(), noon.Add(5*time.Second))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		got, err := s.Newest(t.Context(), "left", "here")
		require.NoError(t, err)
		require.Equal(t, []track.Fix{at("here", 10, 0)}, got)
		near, err := s.Nearby(t.Context(), at("", 0, 0).Point, 1000, 10)
		require.NoError(t, err)
		require.Len(t, near, 1)
	})
}

// BenchmarkKeep is the newest-position script at full batches, 10,000 couriers.
func BenchmarkKeep(b *testing.B) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		b.Skip("redis-server is not on PATH")
	}
	s := trackredis.New(start(b, program), trackredis.Options{})
	b.ReportAllocs()
	batch := make([]track.Fix, 250)
	for i := 0; b.Loop(); i++ {
		for j := range batch {
			courier := (i*len(batch) + j) % 10_000
			batch[j] = at(track.CourierID("courier-"+strconv.Itoa(courier)), i, float64(courier)*10+float64(i))
		}
		if _, _, err := s.Keep(b.Context(), noon, batch...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*250/b.Elapsed().Seconds(), "fixes/s")
}
