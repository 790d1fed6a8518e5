package redis_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/redis"
)

// onBoth runs f on miniredis and, when there is one, on redis-server.
func onBoth(t *testing.T, f func(*testing.T, redis.Options)) {
	t.Run("miniredis", func(t *testing.T) { f(t, redis.Options{Server: redis.Embedded}) })
	t.Run("redis-server", func(t *testing.T) {
		if _, err := exec.LookPath("redis-server"); err != nil {
			if os.Getenv("LASTMILE_REQUIRE_REAL") == "1" {
				require.FailNow(t, "redis-server is not on PATH")
			}
			t.Skip("redis-server is not on PATH")
		}
		f(t, redis.Options{})
	})
}

func start(t *testing.T, o redis.Options) (*redis.Server, *goredis.Client) {
	srv, err := redis.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv, dial(t, srv.Addr())
}

// dial returns a client that never repeats a command by itself.
func dial(t *testing.T, addr string) *goredis.Client {
	client := goredis.NewClient(&goredis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestItIsWhatItSaysAndKeysExpire(t *testing.T) {
	onBoth(t, func(t *testing.T, o redis.Options) {
		srv, client := start(t, o)
		require.Equal(t, o.Server == redis.Embedded, srv.Kind() == "miniredis")
		require.NoError(t, client.Set(t.Context(), "short", 1, 100*time.Millisecond).Err())
		require.NoError(t, client.Set(t.Context(), "long", 1, time.Hour).Err())
		require.Eventually(t, func() bool { return client.Exists(t.Context(), "short").Val() == 0 }, 10*time.Second, 5*time.Millisecond)
		require.EqualValues(t, 1, client.Exists(t.Context(), "long").Val())
	})
}

func TestRestart(t *testing.T) {
	for name, tc := range map[string]struct {
		restart func(*redis.Server) error
		kept    bool
		err     error
	}{
		"a restart may keep the memory":   {func(s *redis.Server) error { return s.Restart(true) }, true, nil},
		"a restart may lose the memory":   {func(s *redis.Server) error { return s.Restart(false) }, false, nil},
		"a kill loses the memory":         {func(s *redis.Server) error { _ = s.Kill(); return s.Restart(false) }, false, nil},
		"what a kill lost cannot be kept": {func(s *redis.Server) error { _ = s.Kill(); return s.Restart(true) }, false, redis.ErrMemoryGone},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, o redis.Options) {
				srv, client := start(t, o)
				require.NoError(t, client.Set(t.Context(), "k", "v", 0).Err())
				addr := srv.Addr()
				err := tc.restart(srv)
				require.ErrorIs(t, err, tc.err)
				if tc.err != nil {
					return
				}
				require.Equal(t, addr, srv.Addr(), "clients need not be told")
				got := dial(t, addr).Exists(t.Context(), "k")
				require.NoError(t, got.Err())
				require.Equal(t, tc.kept, got.Val() == 1)
			})
		})
	}
}

func TestAKilledRedisDoesNotAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, o redis.Options) {
		srv, client := start(t, o)
		require.NoError(t, client.Ping(t.Context()).Err())
		require.NoError(t, srv.Kill())
		require.Error(t, client.Ping(t.Context()).Err())
		require.NoError(t, srv.Restart(false))
		require.NoError(t, dial(t, srv.Addr()).Ping(t.Context()).Err())
	})
}

func TestARestartWaitsForAPortThatIsTakenForAMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, o redis.Options) {
		srv, c := start(t, o)
		addr := srv.Addr()
		require.NoError(t, srv.Kill())
		taken, err := net.Listen("tcp", addr)
		require.NoError(t, err)
		restarted := make(chan error, 1)
		go func() { restarted <- srv.Restart(false) }()
		select {
		case err := <-restarted:
			require.FailNow(t, "somebody else is there", "%v", err)
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(t, taken.Close())
		require.NoError(t, <-restarted)
		require.NoError(t, c.Ping(t.Context()).Err())
	})
}

func TestADirectorySurvivesAKill(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not on PATH; miniredis keeps nothing on disk")
	}
	o := redis.Options{Dir: t.TempDir()}
	srv, client := start(t, o)
	require.NoError(t, client.Set(t.Context(), "k", "v", 0).Err())
	require.NoError(t, srv.Kill())
	require.NoError(t, srv.Close())
	_, again := start(t, o)
	value, err := again.Get(t.Context(), "k").Result()
	require.NoError(t, err)
	require.Equal(t, "v", value)
}

func TestAnotherServerOnTheAddressIsNotMistakenForOurs(t *testing.T) {
	onBoth(t, func(t *testing.T, o redis.Options) {
		srv, client := start(t, o)
		require.NoError(t, client.Set(t.Context(), "k", "theirs", 0).Err())
		o.Addr = srv.Addr()
		_, err := redis.Start(o)
		require.Error(t, err)
		require.Equal(t, "theirs", client.Get(t.Context(), "k").Val())
	})
}

// TestAKilledParentTakesItsChildAlong starts this test binary again, which
// starts a Redis and tells where, and kills it.
func TestAKilledParentTakesItsChildAlong(t *testing.T) {
	if os.Getenv("LASTMILE_REDIS_PARENT") == "1" {
		srv, err := redis.Start(redis.Options{})
		require.NoError(t, err)
		fmt.Println("redis on", srv.Addr())
		select {}
	}
	if _, err := exec.LookPath("redis-server"); err != nil || runtime.GOOS != "linux" {
		t.Skip("needs redis-server and Linux")
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestAKilledParentTakesItsChildAlong$")
	parent.Env = append(os.Environ(), "LASTMILE_REDIS_PARENT=1")
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	var addr string
	_, err = fmt.Fscanf(out, "redis on %s", &addr)
	require.NoError(t, err)
	client := dial(t, addr)
	require.NoError(t, client.Ping(t.Context()).Err())
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() != nil }, 10*time.Second, 5*time.Millisecond)
}

func TestAProgramThatIsNoRedisIsAnError(t *testing.T) {
	_, err := redis.Start(redis.Options{Server: "/does/not/exist"})
	require.ErrorContains(t, err, "/does/not/exist")
}

func TestFaults(t *testing.T) {
	onBoth(t, func(t *testing.T, o redis.Options) {
		o.Faulty = true
		srv, client := start(t, o)
		ctx := t.Context()
		require.NoError(t, client.Set(ctx, "n", 0, 0).Err())

		srv.Faults.Add(fault.Rule{Method: "INCR", Code: codes.Unavailable, Times: 1})
		require.Error(t, client.Incr(ctx, "n").Err())
		require.Equal(t, "0", client.Get(ctx, "n").Val(), "the connection broke before the effect")

		srv.Faults.Add(fault.Rule{Method: "INCR", Code: codes.Unavailable, Times: 1, After: true})
		require.Error(t, client.Incr(ctx, "n").Err())
		require.Equal(t, "1", client.Get(ctx, "n").Val(), "the answer was lost after the effect")

		require.EqualValues(t, 2, client.Incr(ctx, "n").Val())

		srv.Faults.Add(fault.Rule{Method: "PING", Delay: time.Minute, Times: 1})
		slow, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		require.Error(t, client.Conn().Ping(slow).Err())
	})
}

func TestPubSubWorksThroughTheFaultyConnection(t *testing.T) {
	onBoth(t, func(t *testing.T, o redis.Options) {
		o.Faulty = true
		_, client := start(t, o)
		sub := client.Subscribe(t.Context(), "news")
		defer sub.Close()
		_, err := sub.Receive(t.Context())
		require.NoError(t, err)
		require.NoError(t, client.Publish(t.Context(), "news", "hello").Err())
		require.Equal(t, "hello", (<-sub.Channel()).Payload)
	})
}
