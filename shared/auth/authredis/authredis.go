// Package authredis remembers sessions in Redis.
//
// It owns the keys below "auth:". It answers in one round trip, and it may forget:
// a memory that was lost is noticed, since what was revoked has a mark in it.
package authredis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/auth"
)

// Cache is an [auth.Cache]. It is safe for concurrent use.
type Cache struct{ redis redis.UniversalClient }

// New returns the Cache in r.
func New(r redis.UniversalClient) *Cache { return &Cache{r} }

const (
	// sessionKept bounds how long a session is believed that was revoked while it
	// was being cached.
	sessionKept = 10 * time.Minute

	// revokedKept is longer than anybody asks back for.
	revokedKept = 2 * time.Hour

	callTimeout = time.Second

	revokedKey = "auth:revoked"

	// mark is in the set of what was revoked, later than all, from when it is
	// complete.
	mark      = "complete"
	markScore = 1e15
)

func sessionKey(id string) string { return "auth:{" + id + "}" }
func tokenKey(id string) string   { return "auth:{" + id + "}:token" }

// Get implements [auth.Cache].
func (c *Cache) Get(ctx context.Context, id string) (session auth.Session, token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := c.redis.MGet(ctx, sessionKey(id), tokenKey(id)).Result()
	if err != nil {
		return session, "", fmt.Errorf("session %s in redis: %w", id, err)
	}
	text, ok := found[0].(string)
	if !ok {
		return session, "", auth.ErrNoSession
	}
	if err := json.Unmarshal([]byte(text), &session); err != nil {
		return session, "", fmt.Errorf("session %s in redis: %w", id, err)
	}
	token, _ = found[1].(string)
	return session, token, nil
}

// Keep implements [auth.Cache].
func (c *Cache) Keep(ctx context.Context, s auth.Session) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return c.redis.Set(ctx, sessionKey(s.ID), text, sessionKept).Err()
}

// Agree implements [auth.Cache].
func (c *Cache) Agree(ctx context.Context, id, token string, window time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	first, err := c.redis.SetArgs(ctx, tokenKey(id), token, redis.SetArgs{Mode: "NX", TTL: window, Get: true}).Result()
	if errors.Is(err, redis.Nil) {
		return token, nil
	}
	return first, err
}

// Revoke implements [auth.Cache].
func (c *Cache) Revoke(ctx context.Context, at time.Time, ids ...string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := c.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		members := make([]redis.Z, len(ids))
		for i, id := range ids {
			members[i] = redis.Z{Score: float64(at.UnixMilli()), Member: id}
			p.Del(ctx, sessionKey(id), tokenKey(id))
		}
		p.ZAdd(ctx, revokedKey, members...)
		p.ZRemRangeByScore(ctx, revokedKey, "-inf", millis(at.Add(-revokedKept)))
		return nil
	})
	return err
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// RevokedSince implements [auth.Cache].
func (c *Cache) RevokedSince(ctx context.Context, t time.Time) (map[string]time.Time, error) {
	found, err := c.redis.ZRangeByScoreWithScores(ctx, revokedKey, &redis.ZRangeBy{Min: millis(t), Max: "+inf"}).Result()
	if err != nil {
		return nil, err
	}
	revoked, complete := make(map[string]time.Time, len(found)), false
	for _, z := range found {
		id, _ := z.Member.(string)
		if id == mark {
			complete = true
			continue
		}
		revoked[id] = time.UnixMilli(int64(z.Score))
	}
	if !complete {
		return nil, auth.ErrForgotten
	}
	return revoked, nil
}

// Remember implements [auth.Cache].
func (c *Cache) Remember(ctx context.Context, revoked map[string]time.Time) error {
	members := []redis.Z{{Score: markScore, Member: mark}}
	for id, at := range revoked {
		members = append(members, redis.Z{Score: float64(at.UnixMilli()), Member: id})
	}
	return c.redis.ZAdd(ctx, revokedKey, members...).Err()
}
