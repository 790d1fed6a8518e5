package locationingest_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/race"
	"lastmile/emulators/redis"
	"lastmile/functions/locationingest"
	"lastmile/shared/event"
	"lastmile/shared/track"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackdb"
	"lastmile/shared/track/trackredis"
)

// Whatever happens on the way, and in whatever order the fixes come, couriers end
// where a sequential fold of their fixes says: in Redis, in Firestore and before
// the eyes of those who watch.
func TestShuffledRepeatedAndCrashedReplaysEndLikeASequentialFold(t *testing.T) {
	random := func(*testing.T) []track.Fix { return randomRides(race.Fewer(150, 30), 120) }
	tests := map[string]struct {
		rides   func(*testing.T) []track.Fix
		engine  string
		crashes float64
	}{
		"random rides on miniredis":                 {random, redis.Embedded, 0},
		"random rides on redis-server":              {random, "redis-server", 0},
		"random rides on miniredis with crashes":    {random, redis.Embedded, 0.1},
		"random rides on redis-server with crashes": {random, "redis-server", 0.1},
		"real rides on miniredis with crashes":      {busRides, redis.Embedded, 0.1},
		"real rides on redis-server with crashes":   {busRides, "redis-server", 0.1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { newReplay(t, test.engine, test.crashes).run(test.rides(t)) })
	}
}

// replay is the whole way of a fix, with a chance of failure at each seam. A seam
// that fails may have had its effect.
type replay struct {
	t       *testing.T
	rate    float64 // of failures
	calm    bool    // no more of them
	dice    *rand.Rand
	now     time.Time
	kept    []track.Fix // of orders
	redis   *trackredis.Store
	past    *trackdb.Store
	ingest  *locationingest.Function
	flush   *intake.Flush
	intakes []*intake.Intake // one for each instance
	told    track.Newest     // what watchers see: they too take the newest
	queue   []*event.LocationBatch
	crashes int
}

func newReplay(t *testing.T, engine string, rate float64) *replay {
	if engine != redis.Embedded {
		program, err := exec.LookPath(engine)
		if err != nil {
			t.Skipf("%s is not on PATH", engine)
		}
		engine = program
	}
	srv, err := redis.Start(redis.Options{Server: engine})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	client := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	r := &replay{t: t, rate: rate, dice: rand.New(rand.NewPCG(5, 6)), now: noon.Add(25 * time.Hour), told: track.Newest{}}
	r.redis = trackredis.New(client, trackredis.Options{})
	_, r.past, _ = open(t)
	r.ingest = locationingest.New(seam{r, r.past}, nil)
	r.flush = intake.NewFlush(drains{r}, r)
	for range 3 {
		r.intakes = append(r.intakes, r.instance())
	}
	return r
}

func (r *replay) instance() *intake.Intake {
	return intake.New(drains{r}, r.flush, intake.Options{
		Limits: track.Limits{Age: 48 * time.Hour}, Broadcaster: r, Now: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler),
	})
}

func (r *replay) run(fixes []track.Fix) {
	want := r.fold(fixes)
	for _, batch := range r.shuffle(fixes) {
		r.report(batch)
		r.now = r.now.Add(500 * time.Millisecond)
		r.deliver(len(r.queue) / 2)
	}
	r.calm = true
	r.settle()
	r.compare(want)
}

// fold is the oracle: one instance, no batches, every fix in its time.
func (r *replay) fold(fixes []track.Fix) track.Newest {
	sorted := slices.SortedFunc(slices.Values(fixes), func(a, b track.Fix) int { return a.Compare(b) })
	newest, histories := track.Newest{}, map[track.CourierID]track.History{}
	var accepted []track.Fix
	for _, f := range sorted {
		h, err := track.Limits{Age: 48 * time.Hour}.Judge(f, histories[f.Courier], r.now)
		if histories[f.Courier] = h; err == nil {
			accepted = append(accepted, f)
		}
	}
	newest.Merge(accepted...)
	r.t.Logf("%d fixes of %d couriers, %d refused", len(fixes), len(newest), len(fixes)-len(accepted))
	return newest
}

// shuffle returns batches in which every fix is twice, in no order at all.
func (r *replay) shuffle(fixes []track.Fix) [][]track.Fix {
	all := slices.Concat(fixes, fixes)
	r.dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return slices.Collect(slices.Chunk(all, intake.MaxFixes))
}

// report sends a batch to any instance until it is answered, as a device does.
func (r *replay) report(batch []track.Fix) {
	for try := 0; ; try++ {
		i := r.dice.IntN(len(r.intakes))
		_, err := r.intakes[i].Accept(r.t.Context(), batch...)
		if err == nil {
			return
		}
		require.ErrorIs(r.t, err, errCrash)
		require.Less(r.t, try, 50)
		r.intakes[i] = r.instance() // what it remembered is gone
	}
}

// deliver hands over up to n messages, any of those in the queue first, some of
// them again later.
func (r *replay) deliver(n int) {
	for range n {
		i := r.dice.IntN(len(r.queue))
		e := r.queue[i]
		if err := r.ingest.Handle(r.t.Context(), *e); err != nil {
			require.ErrorIs(r.t, err, errCrash)
			continue
		}
		if r.calm || r.dice.Float64() > 0.1 {
			r.queue = slices.Delete(r.queue, i, i+1)
		}
	}
}

// settle is what follows when the fixes have ended: two sweeps, and the rest of
// the messages.
func (r *replay) settle() {
	for range 2 {
		r.now = r.now.Add(10 * time.Minute)
		for {
			n, err := r.flush.Sweep(r.t.Context(), r.now, 30*time.Second)
			require.NoError(r.t, err)
			if n == 0 {
				break
			}
			r.now = r.now.Add(time.Minute)
		}
	}
	for len(r.queue) > 0 {
		r.deliver(len(r.queue))
	}
}

func (r *replay) compare(want track.Newest) {
	couriers := make([]track.CourierID, 0, len(want))
	for _, f := range want.Fixes() {
		couriers = append(couriers, f.Courier)
	}
	now, err := r.redis.Newest(r.t.Context(), couriers...)
	require.NoError(r.t, err)
	require.Equal(r.t, want.Fixes(), now, "in Redis")
	stored, err := r.past.Positions(r.t.Context())
	require.NoError(r.t, err)
	require.Equal(r.t, want.Fixes(), stored.Fixes(), "in Firestore")
	require.Equal(r.t, want, r.told, "on the watchers' maps")
	r.compareTrails()
	require.Equal(r.t, r.rate > 0, r.crashes > 0)
}

func (r *replay) compareTrails() {
	trails := map[track.OrderID][]track.Piece{}
	for _, p := range track.Pieces(r.kept...) {
		trails[p.Order] = append(trails[p.Order], p)
	}
	require.NotEmpty(r.t, trails)
	for order, pieces := range trails {
		got, err := r.past.Trail(r.t.Context(), order)
		require.NoError(r.t, err)
		require.Equal(r.t, pieces, got, "the trail of %s", order)
	}
	r.t.Logf("%d orders, %d crashes", len(trails), r.crashes)
}

var errCrash = errors.New("crashed")

// crash lets f fail before it has its effect, after it, or not at all.
func (r *replay) crash(f func() error) error {
	p := r.dice.Float64()
	if p >= r.rate || r.calm {
		return f()
	}
	r.crashes++
	if p < r.rate/2 {
		return errCrash
	}
	return errors.Join(f(), errCrash)
}

func (r *replay) Broadcast(_ context.Context, fixes ...track.Fix) error {
	r.told.Merge(fixes...)
	return nil
}

func (r *replay) Publish(_ context.Context, events ...event.Event) error {
	return r.crash(func() error {
		for _, e := range events {
			r.queue = append(r.queue, e.(*event.LocationBatch))
		}
		return nil
	})
}

// drains is the store of Redis with crashes.
type drains struct{ r *replay }

func (d drains) Newest(ctx context.Context, couriers ...track.CourierID) (fixes []track.Fix, err error) {
	return fixes, d.r.crash(func() (err error) { fixes, err = d.r.redis.Newest(ctx, couriers...); return err })
}

func (d drains) Keep(ctx context.Context, now time.Time, fixes ...track.Fix) (newer int, batch string, err error) {
	err = d.r.crash(func() (err error) {
		newer, batch, err = d.r.redis.Keep(ctx, now, fixes...)
		d.r.kept = append(d.r.kept, slices.DeleteFunc(slices.Clone(fixes), func(f track.Fix) bool { return f.Order == "" })...)
		return err
	})
	if err != nil {
		return 0, "", err
	}
	return newer, batch, nil
}

func (d drains) Drain(ctx context.Context, batch string) (positions []track.Fix, pieces []track.Piece, err error) {
	err = d.r.crash(func() (err error) { positions, pieces, err = d.r.redis.Drain(ctx, batch); return err })
	return positions, pieces, err
}

func (d drains) Drop(ctx context.Context, batch string) error {
	return d.r.crash(func() error { return d.r.redis.Drop(ctx, batch) })
}

func (d drains) Stale(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return d.r.redis.Stale(ctx, before, limit)
}

func (d drains) Forget(ctx context.Context, before time.Time) (int, error) {
	return d.r.redis.Forget(ctx, before)
}

// seam is the database with crashes.
type seam struct {
	r    *replay
	next locationingest.Store
}

func (s seam) MergePositions(ctx context.Context, shard int, fixes []track.Fix) error {
	return s.r.crash(func() error { return s.next.MergePositions(ctx, shard, fixes) })
}

func (s seam) MergeTrails(ctx context.Context, pieces []track.Piece) error {
	return s.r.crash(func() error { return s.next.MergeTrails(ctx, pieces) })
}
