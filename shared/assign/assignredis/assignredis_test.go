package assignredis_test

import (
	"os/exec"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/shared/assign"
	"lastmile/shared/assign/assignredis"
	"lastmile/shared/geo"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// onBoth runs test on miniredis and, where there is one, on redis-server.
func onBoth(t *testing.T, test func(t *testing.T, s *assignredis.Store)) {
	t.Run("miniredis", func(t *testing.T) { test(t, start(t, redis.Embedded)) })
	t.Run("redis-server", func(t *testing.T) {
		program, err := exec.LookPath("redis-server")
		if err != nil {
			t.Skip("redis-server is not on PATH")
		}
		test(t, start(t, program))
	})
}

func start(t *testing.T, server string) *assignredis.Store {
	srv, err := redis.Start(redis.Options{Server: server})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	c := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	t.Cleanup(func() { _ = c.Close() })
	return assignredis.New(c)
}

func TestWhoWasAskedIsRememberedUntilFreed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *assignredis.Store) {
		require.NoError(t, s.Ask(t.Context(), "o1", time.Minute, "ada", "bob"))
		require.NoError(t, s.Ask(t.Context(), "o2", 0, "eve"), "an offer that has expired is none")
		require.NoError(t, s.Free(t.Context(), "bob"))
		require.NoError(t, s.Free(t.Context()))
		asked, err := s.Asked(t.Context(), "ada", "bob", "eve")
		require.NoError(t, err)
		require.Equal(t, map[string]bool{"ada": true, "bob": false, "eve": false}, asked)
		asked, err = s.Asked(t.Context())
		require.NoError(t, err)
		require.Empty(t, asked)
	})
}

func TestOneMakesAZonesRound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *assignredis.Store) {
		for _, number := range []int{7, 8} {
			mine, err := s.Lease(t.Context(), "valletta", number, time.Minute)
			require.NoError(t, err)
			require.True(t, mine)
			mine, err = s.Lease(t.Context(), "valletta", number, time.Minute)
			require.NoError(t, err)
			require.False(t, mine)
		}
	})
}

func TestRecentOrdersAreThoseOfTheZoneAndTheTime(t *testing.T) {
	onBoth(t, func(t *testing.T, s *assignredis.Store) {
		placed := func(id, zone string, ago time.Duration) assign.Order {
			return assign.Order{
				ID: id, Shop: "bakery", Zone: zone, Pickup: geo.Point{Lat: 35.9, Lng: 14.5}, Dropoff: geo.Point{Lat: 35.91, Lng: 14.51},
				Placed: noon.Add(-ago), Ready: noon.Add(5 * time.Minute), Needs: assign.Needs{Skills: []string{"alcohol"}},
			}
		}
		old, first, last := placed("old", "valletta", time.Hour), placed("first", "valletta", 2*time.Minute), placed("last", "valletta", time.Minute)
		for _, o := range []assign.Order{last, old, first, first, placed("other", "sliema", time.Minute)} {
			require.NoError(t, s.Remember(t.Context(), o))
		}
		recent, err := s.Recent(t.Context(), "valletta", noon.Add(-time.Hour), 10)
		require.NoError(t, err)
		require.Equal(t, []assign.Order{last, first}, recent)
		recent, err = s.Recent(t.Context(), "valletta", noon.Add(-2*time.Hour), 1)
		require.NoError(t, err)
		require.Equal(t, []assign.Order{last}, recent)
		recent, err = s.Recent(t.Context(), "nowhere", noon.Add(-time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, recent)
	})
}
