package conformance_test

import (
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
)

// redisCase is one thing that the platform needs of Redis. Every case has a
// prefix for its keys, so that all can share a server.
type redisCase struct {
	name string
	run  func(t *testing.T, c *goredis.Client, key func(string) string)
}

// TestRedis runs on miniredis ("ours") and on a redis-server found on PATH or
// named by LASTMILE_CONFORMANCE_REDIS=host:port ("real").
func TestRedis(t *testing.T) {
	for name, start := range map[string]func(*testing.T) string{"ours": redisEmbedded, "real": redisReal} {
		t.Run(name, func(t *testing.T) {
			client := goredis.NewClient(&goredis.Options{Addr: start(t)})
			t.Cleanup(func() { _ = client.Close() })
			for _, c := range redisCases() {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					prefix := fmt.Sprintf("{c%d-%d}:", time.Now().UnixNano(), redisSerial.Add(1))
					c.run(t, client, func(k string) string { return prefix + k })
				})
			}
		})
	}
}

var redisSerial atomic.Int64

func redisEmbedded(t *testing.T) string { return redisStart(t, redis.Options{Server: redis.Embedded}) }

func redisReal(t *testing.T) string {
	if addr := os.Getenv("LASTMILE_CONFORMANCE_REDIS"); addr != "" {
		return addr
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("LASTMILE_REQUIRE_REAL") == "1" {
			require.FailNow(t, "redis-server is not on PATH")
		}
		t.Skip("redis-server is not on PATH and LASTMILE_CONFORMANCE_REDIS is not set")
	}
	return redisStart(t, redis.Options{})
}

func redisStart(t *testing.T, o redis.Options) string {
	srv, err := redis.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv.Addr()
}

func redisCases() []redisCase {
	return append(redisDataCases(), append(redisScriptCases(), redisMessageCases()...)...)
}

func redisDataCases() []redisCase {
	type keyed = func(string) string
	return []redisCase{
		{"keys expire", func(t *testing.T, c *goredis.Client, key keyed) {
			require.NoError(t, c.Set(t.Context(), key("k"), 1, 60*time.Millisecond).Err())
			require.Positive(t, c.PTTL(t.Context(), key("k")).Val())
			require.Eventually(t, func() bool { return c.Exists(t.Context(), key("k")).Val() == 0 }, 10*time.Second, 5*time.Millisecond)
		}},
		{"set if absent is won once", func(t *testing.T, c *goredis.Client, key keyed) {
			won, err := c.SetNX(t.Context(), key("lease"), "a", time.Minute).Result()
			require.NoError(t, err)
			require.True(t, won)
			won, err = c.SetNX(t.Context(), key("lease"), "b", time.Minute).Result()
			require.NoError(t, err)
			require.False(t, won)
		}},
		{"a sorted set keeps the greater score", func(t *testing.T, c *goredis.Client, key keyed) {
			gt := func(score float64) int64 {
				n, err := c.ZAddArgs(t.Context(), key("z"), goredis.ZAddArgs{GT: true, Ch: true, Members: []goredis.Z{{Score: score, Member: "m"}}}).Result()
				require.NoError(t, err)
				return n
			}
			require.EqualValues(t, 1, gt(5))
			require.EqualValues(t, 0, gt(4))
			require.EqualValues(t, 1, gt(6))
			require.EqualValues(t, 6, c.ZScore(t.Context(), key("z"), "m").Val())
		}},
		{"a sorted set is cut by score", func(t *testing.T, c *goredis.Client, key keyed) {
			for i := range 5 {
				require.NoError(t, c.ZAdd(t.Context(), key("z"), goredis.Z{Score: float64(i), Member: i}).Err())
			}
			require.EqualValues(t, 3, c.ZRemRangeByScore(t.Context(), key("z"), "-inf", "(3").Val())
			require.Equal(t, []string{"3", "4"}, c.ZRange(t.Context(), key("z"), 0, -1).Val())
		}},
		{"positions are found by radius, the nearest first", func(t *testing.T, c *goredis.Client, key keyed) {
			require.NoError(t, c.GeoAdd(t.Context(), key("g"),
				&goredis.GeoLocation{Name: "near", Longitude: -99.1332, Latitude: 19.4326},
				&goredis.GeoLocation{Name: "mid", Longitude: -99.1500, Latitude: 19.4326},
				&goredis.GeoLocation{Name: "far", Longitude: -98.2063, Latitude: 19.0414}).Err())
			got, err := c.GeoSearchLocation(t.Context(), key("g"), &goredis.GeoSearchLocationQuery{
				GeoSearchQuery: goredis.GeoSearchQuery{Longitude: -99.1332, Latitude: 19.4326, Radius: 5, RadiusUnit: "km", Sort: "ASC", Count: 10},
				WithDist:       true,
			}).Result()
			require.NoError(t, err)
			require.Len(t, got, 2)
			require.Equal(t, "near", got[0].Name)
			require.Equal(t, "mid", got[1].Name)
			require.InDelta(t, 1.76, got[1].Dist, 0.02)
		}},
		{"bits are set once and counted", func(t *testing.T, c *goredis.Client, key keyed) {
			require.EqualValues(t, 0, c.SetBit(t.Context(), key("b"), 1000, 1).Val())
			require.EqualValues(t, 1, c.SetBit(t.Context(), key("b"), 1000, 1).Val())
			require.EqualValues(t, 0, c.SetBit(t.Context(), key("b"), 7, 1).Val())
			require.EqualValues(t, 2, c.BitCount(t.Context(), key("b"), nil).Val())
		}},
		{"a rename moves a set in one step", func(t *testing.T, c *goredis.Client, key keyed) {
			require.NoError(t, c.SAdd(t.Context(), key("dirty"), "a", "b").Err())
			require.NoError(t, c.Rename(t.Context(), key("dirty"), key("draining")).Err())
			require.ElementsMatch(t, []string{"a", "b"}, c.SMembers(t.Context(), key("draining")).Val())
			require.ErrorContains(t, c.Rename(t.Context(), key("dirty"), key("draining")).Err(), "no such key")
		}},
		{"a watched key that changed aborts the transaction", func(t *testing.T, c *goredis.Client, key keyed) {
			err := c.Watch(t.Context(), func(tx *goredis.Tx) error {
				require.NoError(t, c.Set(t.Context(), key("k"), "other", 0).Err())
				_, err := tx.TxPipelined(t.Context(), func(p goredis.Pipeliner) error { return p.Set(t.Context(), key("k"), "mine", 0).Err() })
				return err
			}, key("k"))
			require.ErrorIs(t, err, goredis.TxFailedErr)
			require.Equal(t, "other", c.Get(t.Context(), key("k")).Val())
		}},
		{"hashes count", func(t *testing.T, c *goredis.Client, key keyed) {
			require.EqualValues(t, 2, c.HIncrBy(t.Context(), key("h"), "n", 2).Val())
			require.EqualValues(t, 5, c.HIncrBy(t.Context(), key("h"), "n", 3).Val())
			require.Equal(t, map[string]string{"n": "5"}, c.HGetAll(t.Context(), key("h")).Val())
		}},
	}
}

func redisScriptCases() []redisCase {
	type keyed = func(string) string
	return []redisCase{
		{"a script runs by its hash, and is sent when Redis does not know it", func(t *testing.T, c *goredis.Client, key keyed) {
			script := goredis.NewScript("-- " + key("") + "\nreturn redis.call('INCRBY', KEYS[1], ARGV[1])")
			err := script.EvalSha(t.Context(), c, []string{key("n")}, 2).Err()
			require.ErrorContains(t, err, "NOSCRIPT")
			require.True(t, goredis.HasErrorPrefix(err, "NOSCRIPT"))
			n, err := script.Run(t.Context(), c, []string{key("n")}, 2).Int()
			require.NoError(t, err)
			require.Equal(t, 2, n)
			n, err = script.EvalSha(t.Context(), c, []string{key("n")}, 3).Int()
			require.NoError(t, err)
			require.Equal(t, 5, n)
		}},
		{"a script is atomic and may answer with nested tables", func(t *testing.T, c *goredis.Client, key keyed) {
			got, err := c.Eval(t.Context(), `
				redis.call('ZADD', KEYS[1], 'GT', ARGV[1], 'm')
				return {redis.call('ZSCORE', KEYS[1], 'm'), {1, 'two'}, tonumber(ARGV[1]) + 0.9, false}`, []string{key("z")}, 7).Slice()
			require.NoError(t, err)
			require.Equal(t, []any{"7", []any{int64(1), "two"}, int64(7), nil}, got)
		}},
		{"a script that fails says so", func(t *testing.T, c *goredis.Client, key keyed) {
			require.NoError(t, c.Set(t.Context(), key("s"), "text", 0).Err())
			require.ErrorContains(t, c.Eval(t.Context(), `return redis.call('LPUSH', KEYS[1], 'x')`, []string{key("s")}).Err(), "WRONGTYPE")
			require.ErrorContains(t, c.Eval(t.Context(), `return redis.error_reply('GONE away')`, []string{key("s")}).Err(), "GONE away")
		}},
	}
}

func redisMessageCases() []redisCase {
	type keyed = func(string) string
	return []redisCase{
		{"publishing counts the receivers", func(t *testing.T, c *goredis.Client, key keyed) {
			require.EqualValues(t, 0, c.Publish(t.Context(), key("ch"), "lost").Val())
			subs := []*goredis.PubSub{c.Subscribe(t.Context(), key("ch")), c.Subscribe(t.Context(), key("ch"))}
			for _, sub := range subs {
				defer sub.Close()
				_, err := sub.Receive(t.Context())
				require.NoError(t, err)
			}
			require.EqualValues(t, 2, c.Publish(t.Context(), key("ch"), "heard").Val())
			for _, sub := range subs {
				got, err := sub.ReceiveMessage(t.Context())
				require.NoError(t, err)
				require.Equal(t, "heard", got.Payload)
			}
		}},
		{"a stream is read by a group, and what was not acknowledged is claimed", func(t *testing.T, c *goredis.Client, key keyed) {
			require.NoError(t, c.XGroupCreateMkStream(t.Context(), key("s"), "g", "0").Err())
			require.NoError(t, c.XAdd(t.Context(), &goredis.XAddArgs{Stream: key("s"), Values: map[string]any{"n": 1}}).Err())
			read, err := c.XReadGroup(t.Context(), &goredis.XReadGroupArgs{Group: "g", Consumer: "dies", Streams: []string{key("s"), ">"}, Count: 10}).Result()
			require.NoError(t, err)
			require.Len(t, read[0].Messages, 1)
			claimed, _, err := c.XAutoClaim(t.Context(), &goredis.XAutoClaimArgs{Stream: key("s"), Group: "g", Consumer: "lives", Start: "0"}).Result()
			require.NoError(t, err)
			require.Equal(t, read[0].Messages[0].ID, claimed[0].ID)
			require.EqualValues(t, 1, c.XAck(t.Context(), key("s"), "g", claimed[0].ID).Val())
			require.Zero(t, c.XPending(t.Context(), key("s"), "g").Val().Count)
		}},
		{"a stream is trimmed to its length", func(t *testing.T, c *goredis.Client, key keyed) {
			for i := range 10 {
				require.NoError(t, c.XAdd(t.Context(), &goredis.XAddArgs{Stream: key("s"), MaxLen: 3, Values: []any{"n", i}}).Err())
			}
			got, err := c.XRange(t.Context(), key("s"), "-", "+").Result()
			require.NoError(t, err)
			require.Len(t, got, 3)
			require.Equal(t, "9", got[2].Values["n"])
		}},
		{"a list hands an item over in one step", func(t *testing.T, c *goredis.Client, key keyed) {
			require.NoError(t, c.RPush(t.Context(), key("from"), "a").Err())
			got, err := c.BLMove(t.Context(), key("from"), key("to"), "LEFT", "RIGHT", time.Second).Result()
			require.NoError(t, err)
			require.Equal(t, "a", got)
			require.EqualValues(t, 1, c.LLen(t.Context(), key("to")).Val())
		}},
	}
}
