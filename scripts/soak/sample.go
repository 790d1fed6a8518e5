package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/firestore"
	"github.com/redis/go-redis/v9"
	"google.golang.org/api/iterator"

	"lastmile/functions/registry"
)

// sample is what was counted at one time, by name.
type sample map[string]float64

// forever is the answer of PTTL for a key that does not expire.
const forever = -1

// megabyte is the unit of memory.
const megabyte = 1 << 20

// ofPlatform counts what this process holds, without garbage.
func (s sample) ofPlatform() error {
	runtime.GC()
	runtime.GC() // what finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s["platform: heap, MB"] = float64(m.HeapAlloc) / megabyte
	s["platform: goroutines"] = float64(runtime.NumGoroutine())
	return s.ofProcess("platform", os.Getpid())
}

// ofProcess counts what a process holds.
func (s sample) ofProcess(name string, pid int) error {
	dir := fmt.Sprintf("/proc/%d/", pid)
	statm, err := os.ReadFile(dir + "statm")
	if err != nil {
		return err
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return fmt.Errorf("%sstatm: %q", dir, statm)
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return fmt.Errorf("%sstatm: %w", dir, err)
	}
	handles, err := os.ReadDir(dir + "fd")
	if err != nil {
		return err
	}
	s[name+": resident, MB"] = float64(pages*os.Getpagesize()) / megabyte
	s[name+": file handles"] = float64(len(handles))
	return nil
}

// What tells keys of one kind apart.
var (
	tag        = regexp.MustCompile(`\{[^}]*\}`)
	particular = regexp.MustCompile(`[^:]*[0-9A-Z][^:]*`)
)

// ofRedis counts keys by kind and what Redis holds, and notes of which kinds keys
// expire.
func (h *history) ofRedis(ctx context.Context, s sample, c *redis.Client) error {
	some := map[string][]string{}
	keys := c.Scan(ctx, 0, "*", 1000).Iterator()
	for keys.Next(ctx) {
		name := "redis: keys " + kindOfKey(keys.Val())
		s[name]++
		s["redis: keys"]++
		if len(some[name]) < weighed {
			some[name] = append(some[name], keys.Val())
		}
	}
	if err := keys.Err(); err != nil {
		return err
	}
	for name, some := range some {
		if err := h.weigh(ctx, s, c, name, some); err != nil {
			return err
		}
	}
	info, err := c.Info(ctx, "memory").Result()
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(info, "used_memory:")
	used, _, _ := strings.Cut(rest, "\r")
	bytes, err := strconv.ParseFloat(used, 64)
	s["redis: memory, MB"] = bytes / megabyte
	return err
}

// weigh counts what keys of a kind hold, and notes when they expire, if all of
// these do.
func (h *history) weigh(ctx context.Context, s sample, c *redis.Client, name string, some []string) error {
	var longest time.Duration
	var bytes int64
	ends := true
	for _, key := range some {
		left, err := c.PTTL(ctx, key).Result()
		if err != nil {
			return err
		}
		held, err := c.MemoryUsage(ctx, key).Result()
		if err != nil && !errors.Is(err, redis.Nil) { // it may be gone by now
			return err
		}
		longest, bytes, ends = max(longest, left), bytes+held, ends && left != forever
	}
	s[strings.Replace(name, "keys", "KB a key", 1)] = float64(bytes) / 1024 / float64(len(some))
	if ends {
		h.expires[name] = max(h.expires[name], longest)
	} else {
		delete(h.expires, name)
	}
	return nil
}

// kindOfKey is a key without what tells it from others of its kind.
func kindOfKey(key string) string {
	parts := strings.Split(tag.ReplaceAllString(key, "*"), ":")
	if len(parts) > 3 {
		parts = parts[:3]
	}
	return particular.ReplaceAllString(strings.Join(parts, ":"), "*")
}

// ofFirestore counts documents by collection, those of subcollections too, and
// notes of which collections documents expire.
func (h *history) ofFirestore(ctx context.Context, s sample, c *firestore.Client) error {
	return h.ofCollections(ctx, s, c.Collections(ctx), "", func(id string) firestore.Query { return c.Collection(id).Query }, c)
}

// looked is how many documents of a collection are looked at for collections
// beneath them, and weighed how many keys of a kind.
const (
	looked  = 5
	weighed = 50
)

func (h *history) ofCollections(ctx context.Context, s sample, found *firestore.CollectionIterator, above string, of func(id string) firestore.Query, c *firestore.Client) error {
	for {
		collection, err := found.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return err
		}
		name := above + collection.ID
		if _, counted := s["documents: "+name]; counted {
			continue
		}
		if s["documents: "+name], err = count(ctx, of(collection.ID)); err != nil {
			return fmt.Errorf("count %s: %w", name, err)
		}
		if above != "" { // the group has those of the same name above, too
			same, err := count(ctx, c.Collection(collection.ID).Query)
			if err != nil {
				return err
			}
			s["documents: "+name] -= same
		}
		documents, err := collection.Limit(looked).Documents(ctx).GetAll()
		if err != nil {
			return err
		}
		for _, d := range documents {
			if field := expiry(collection.ID); field != "" {
				h.mayGrow["documents: "+name] = "expire by " + field
			}
			group := func(id string) firestore.Query { return c.CollectionGroup(id).Query }
			if err := h.ofCollections(ctx, s, d.Ref.Collections(ctx), name+"/", group, c); err != nil {
				return err
			}
		}
	}
}

// expiry is the field by which Firestore deletes documents of a collection.
func expiry(collection string) string {
	for _, f := range registry.Indexes().FieldOverrides {
		if f.TTL && f.CollectionGroup == collection {
			return f.FieldPath
		}
	}
	return ""
}

func count(ctx context.Context, q firestore.Query) (float64, error) {
	answer, err := q.NewAggregationQuery().WithCount("n").GetResponse(ctx)
	if err != nil {
		return 0, err
	}
	n, ok := answer.Result["n"].(interface{ GetIntegerValue() int64 })
	if !ok {
		return 0, fmt.Errorf("no count in %v", answer.Result)
	}
	return float64(n.GetIntegerValue()), nil
}
