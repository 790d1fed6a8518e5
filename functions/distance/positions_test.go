package distance_test

import (
	"net/http"
	"os/exec"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/functions/distance"
	"lastmile/shared/track"
	"lastmile/shared/track/trackredis"
)

// Couriers who report to Redis are known by id to every instance, and move in
// all of them.
func TestEveryInstanceKnowsWhereCouriersAre(t *testing.T) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on PATH")
	}
	srv, err := redis.Start(redis.Options{Server: program})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	one, other := newWorld(t), newWorld(t)
	for _, w := range []*world{one, other} {
		c := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
		t.Cleanup(func() { _ = c.Close() })
		w.f = distance.New(w.roads, trackredis.New(c, trackredis.Options{}))
	}
	c := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	t.Cleanup(func() { _ = c.Close() })
	ingest := trackredis.New(c, trackredis.Options{})
	points, places := one.points(t, 9)
	table := `{"sources":["ada"],"targets":` + pairs(points[7:]) + `}`
	for i := range 3 {
		fix := track.Fix{Courier: "ada", At: time.Now().Add(time.Duration(i) * time.Second), Seq: int64(i + 1), Point: points[i]}
		_, _, err := ingest.Keep(t.Context(), fix.At, fix)
		require.NoError(t, err)
		for _, w := range []*world{one, other} {
			w.f.Age(3 * time.Second)
			code, answer := w.call(t, "POST", "/v1/table", table)
			require.Equal(t, http.StatusOK, code)
			w.requireCosts(t, answer, places[i:i+1], places[7:])
		}
	}
}
