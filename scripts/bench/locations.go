package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"lastmile/emulators/firestore"
	"lastmile/emulators/redis"
	"lastmile/functions/locationingest"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/geo"
	"lastmile/shared/track"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackdb"
	"lastmile/shared/track/trackredis"
)

func benchLocations(ctx context.Context, r *report) error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		r.row("locations", "no redis-server on PATH", "", "", "", false)
		return nil
	}
	for _, measure := range []func(context.Context, *report, *goredis.Client) error{benchKeep, benchLocationWrites, benchPaths} {
		srv, err := redis.Start(redis.Options{})
		if err != nil {
			return err
		}
		client := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
		err = measure(ctx, r, client)
		_ = client.Close()
		_ = srv.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// ride is fix number n of a courier who goes north with an order, or without.
func ride(courier, n int, at time.Time, order track.OrderID) track.Fix {
	return track.Fix{
		Courier: track.CourierID(fmt.Sprint("courier-", courier)), Order: order, At: at, Seq: int64(n),
		Point: geo.Point{Lat: 30 + float64(courier)/1e4 + float64(n)/1e4, Lng: -97.74}, Accuracy: 5, Speed: 11, Heading: 1,
	}
}

// benchKeep is the newest-position script beside one HSET, GEOADD and SADD for
// each fix, without a fence, in pipelines of the same size. Redis runs on one
// processor, whose time is what counts.
func benchKeep(ctx context.Context, r *report, c *goredis.Client) error {
	const couriers, size = 10_000, 250
	store, now := trackredis.New(c, trackredis.Options{}), time.Now()
	ours, err := redisRate(ctx, c, size, func(ctx context.Context, round int) error {
		_, _, err := store.Keep(ctx, now, rides(couriers, size, round, now)...)
		return err
	})
	if err != nil {
		return err
	}
	theirs, err := redisRate(ctx, c, size, func(ctx context.Context, round int) error {
		_, err := c.Pipelined(ctx, func(p goredis.Pipeliner) error {
			for _, f := range rides(couriers, size, round, now) {
				p.HSet(ctx, "newest", string(f.Courier), fmt.Sprint(f.Numbers()))
				p.GeoAdd(ctx, "places", &goredis.GeoLocation{Name: string(f.Courier), Longitude: f.Lng, Latitude: f.Lat})
				p.SAdd(ctx, "dirty", string(f.Courier))
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	r.row("newest positions by one script for 250, fixes per second of Redis's processor; baseline: three commands for each, unfenced",
		perSecond(ours), perSecond(theirs), fmt.Sprintf("%.1fx", ours/theirs), "≥ 500k/s", ours >= 500_000)
	return nil
}

func rides(couriers, size, round int, now time.Time) []track.Fix {
	fixes := make([]track.Fix, size)
	for i := range fixes {
		n := round*size + i
		fixes[i] = ride(n%couriers, n/couriers, now.Add(time.Duration(n/couriers)*time.Second), "")
	}
	return fixes
}

// redisRate returns how many fixes Redis takes in a second of its main thread.
func redisRate(ctx context.Context, c *goredis.Client, size int, do func(ctx context.Context, round int) error) (float64, error) {
	const rounds = 2000
	before, err := redisTime(ctx, c)
	if err != nil {
		return 0, err
	}
	for n := range rounds {
		if err := do(ctx, n); err != nil {
			return 0, err
		}
	}
	after, err := redisTime(ctx, c)
	return float64(rounds*size) / (after - before), err
}

func redisTime(ctx context.Context, c *goredis.Client) (seconds float64, err error) {
	info, err := c.Info(ctx, "cpu").Result()
	for line := range strings.Lines(info) {
		var s float64
		for _, name := range []string{"used_cpu_user_main_thread", "used_cpu_sys_main_thread"} {
			if n, _ := fmt.Sscanf(line, name+":%f", &s); n == 1 {
				seconds += s
			}
		}
	}
	return seconds, err
}

// benchLocationWrites lets 1,000 couriers report every second, for half an hour
// of their time, and counts what Firestore is charged for.
func benchLocationWrites(ctx context.Context, r *report, c *goredis.Client) error {
	srv, err := firestore.Start(firestore.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	db, err := docs.Open(ctx, docs.Options{Project: "bench", EmulatorHost: srv.Addr()})
	if err != nil {
		return err
	}
	defer db.Close()
	w := &charged{next: trackdb.New(db)}
	w.function = locationingest.New(w, nil)
	const couriers, seconds = 1000, 1800
	store, now := trackredis.New(c, trackredis.Options{}), time.Now()
	i := intake.New(store, intake.NewFlush(store, w), intake.Options{Now: func() time.Time { return now }})
	for n := range seconds {
		now = now.Add(time.Second)
		if err := reportAll(ctx, i, couriers, n, now); err != nil {
			return err
		}
	}
	const month = 30 * 24 * time.Hour / time.Second
	monthly := func(writes int) float64 { return float64(writes) / seconds * float64(month) * 0.09 / 100_000 }
	each := monthly(couriers * seconds)
	row := func(work string, writes int, aim string, met bool) {
		r.row(work, fmt.Sprintf("$%.2f a month", monthly(writes)), fmt.Sprintf("$%.0f", each), fmt.Sprintf("%.0fx less", each/monthly(writes)), aim, met)
	}
	row("Firestore writes of positions, 1,000 couriers at 1 Hz; baseline: one for each fix", w.positions, "≥ 1,000x", each/monthly(w.positions) >= 1000)
	row("the same with the trails of 1,000 deliveries", w.positions+w.trails, "", false)
	return nil
}

func reportAll(ctx context.Context, i *intake.Intake, couriers, n int, now time.Time) error {
	for from := 0; from < couriers; from += intake.MaxFixes {
		fixes := make([]track.Fix, intake.MaxFixes)
		for j := range fixes {
			fixes[j] = ride(from+j, n, now, track.OrderID(fmt.Sprint("order-", from+j)))
		}
		receipt, err := i.Accept(ctx, fixes...)
		if err != nil {
			return err
		}
		if len(receipt.Refused) > 0 {
			return receipt.Refused[0].Reason
		}
	}
	return nil
}

// charged counts the documents that are written. It is the bus too, and delivers
// at once.
type charged struct {
	next              *trackdb.Store
	function          *locationingest.Function
	positions, trails int
}

func (w *charged) Publish(ctx context.Context, events ...event.Event) error {
	for _, e := range events {
		if err := w.function.Handle(ctx, *e.(*event.LocationBatch)); err != nil {
			return err
		}
	}
	return nil
}

func (w *charged) MergePositions(ctx context.Context, shard int, fixes []track.Fix) error {
	w.positions++
	return w.next.MergePositions(ctx, shard, fixes)
}

func (w *charged) MergeTrails(ctx context.Context, pieces []track.Piece) error {
	for _, p := range pieces {
		w.trails += len(p.Trail.Windows())
	}
	return w.next.MergeTrails(ctx, pieces)
}
