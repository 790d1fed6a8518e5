package jobredis_test

import (
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lastmile/emulators/redis"
	"lastmile/shared/job"
	"lastmile/shared/job/jobredis"
)

// onEach runs test on miniredis and, where it is installed, on redis-server.
func onEach(t *testing.T, test func(t *testing.T, b *jobredis.Board)) {
	for name, server := range map[string]string{"miniredis": redis.Embedded, "best": ""} {
		t.Run(name, func(t *testing.T) {
			s, err := redis.Start(redis.Options{Server: server})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			c := goredis.NewClient(&goredis.Options{Addr: s.Addr()})
			t.Cleanup(func() { c.Close() })
			test(t, jobredis.New(c))
		})
	}
}

func TestTheBoard(t *testing.T) {
	onEach(t, func(t *testing.T, b *jobredis.Board) {
		ctx := t.Context()
		j := job.Job{ID: "j", Gen: 3, Plan: job.Plan{Pages: 2}}
		good := job.Page{Page: 0, State: job.Done, Counts: job.Counts{Read: 5, Changed: 3, Unchanged: 1, Failed: 1}}
		bad := job.Page{Page: 1, State: job.Failed}

		s, err := b.Ask(ctx, j.ID, 0)
		require.NoError(t, err)
		require.Equal(t, job.Standing{}, s, "a job that nobody marked is not complete")
		_, ok, err := b.Tally(ctx, j.ID)
		require.NoError(t, err)
		require.False(t, ok)

		for range 2 {
			s, err = b.Mark(ctx, j, good)
			require.NoError(t, err)
			require.Equal(t, job.Standing{Done: true, Gen: 3}, s)
		}
		s, err = b.Mark(ctx, j, bad)
		require.NoError(t, err)
		require.Equal(t, job.Standing{Complete: true, Gen: 3}, s, "a failed page is over, but not done")

		tally, ok, err := b.Tally(ctx, j.ID)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, job.Tally{Pages: 2, FailedPages: 1, Known: 2, Counts: good.Counts}, tally, "a repeat counts once")

		require.NoError(t, b.Reset(ctx, j.ID, 1))
		s, err = b.Ask(ctx, j.ID, 1)
		require.NoError(t, err)
		require.False(t, s.Complete, "a page that is tried again is not over")

		good.Page, good.More = 1, true
		s, err = b.Mark(ctx, j, good)
		require.NoError(t, err)
		require.False(t, s.Complete, "a page that it names is waited for")
		good.Page, good.More = 2, false
		s, err = b.Mark(ctx, j, good)
		require.NoError(t, err)
		require.True(t, s.Complete)

		require.NoError(t, b.Cancel(ctx, j.ID))
		s, err = b.Ask(ctx, j.ID, 9)
		require.NoError(t, err)
		require.True(t, s.Cancelled)
	})
}

func TestOneOfManyPagesCompletes(t *testing.T) {
	onEach(t, func(t *testing.T, b *jobredis.Board) {
		const n = 500
		complete := make(chan int, n)
		var g errgroup.Group
		g.SetLimit(32)
		for i := range n {
			g.Go(func() error {
				s, err := b.Mark(t.Context(), job.Job{ID: "many", Plan: job.Plan{Pages: n}}, job.Page{Page: i, State: job.Done})
				if s.Complete {
					complete <- i
				}
				return err
			})
		}
		require.NoError(t, g.Wait())
		require.Len(t, complete, 1)
	})
}

func TestNothingIsKeptForever(t *testing.T) {
	s, err := redis.Start(redis.Options{Server: redis.Embedded})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	c := goredis.NewClient(&goredis.Options{Addr: s.Addr()})
	t.Cleanup(func() { c.Close() })
	b := jobredis.New(c)

	_, err = b.Mark(t.Context(), job.Job{ID: "a", Plan: job.Plan{Pages: 2}}, job.Page{State: job.Failed})
	require.NoError(t, err)
	require.NoError(t, b.Cancel(t.Context(), "b"))
	require.NoError(t, b.Reset(t.Context(), "c", 7), "of a job that redis forgot")
	_, err = b.Ask(t.Context(), "d", 7)
	require.NoError(t, err)
	keys, err := c.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 4)
	for _, k := range keys {
		left, err := c.TTL(t.Context(), k).Result()
		require.NoError(t, err)
		require.Positive(t, left, k)
	}
}
