package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub"
	"lastmile/emulators/redis"
	"lastmile/emulators/tasks"
	"lastmile/functions/registry"
	town "lastmile/scripts/demo/city"
	"lastmile/shared/assign/dispatch"
)

// calamity is something that happens to a platform on which a city lives.
type calamity struct {
	name    string
	inflict func(*testing.T, *fleet) // returns when it is over
}

var calamities = []calamity{
	{"every function is killed in the middle of its work", func(t *testing.T, f *fleet) {
		for range 2 {
			for _, spec := range registry.All() {
				f.functions[spec.Name].kill()
				f.startFunction(t, spec.Name)
			}
		}
	}},
	{"every gateway is killed", func(t *testing.T, f *fleet) {
		for _, g := range f.gateways {
			g.kill()
			time.Sleep(500 * time.Millisecond)
			f.startGateway(t, g)
		}
	}},
	{"Redis loses its memory", loseMemory},
	{"the database crashes and recovers", func(t *testing.T, f *fleet) {
		for range 2 {
			f.store.kill()
			time.Sleep(300 * time.Millisecond)
			f.startStore(t)
			time.Sleep(time.Second)
		}
	}},
	{"a gateway is cut off from Redis, for shorter and for longer than its lease", func(_ *testing.T, f *fleet) {
		for i, d := range []time.Duration{2 * time.Second, 7 * time.Second} {
			f.gateways[i].toCache.cut()
			time.Sleep(d)
			f.gateways[i].toCache.mend()
		}
	}},
	{"every dependency is slow", func(_ *testing.T, f *fleet) {
		for _, l := range f.links() {
			l.slow(25 * time.Millisecond)
			defer l.slow(0)
		}
		time.Sleep(5 * time.Second)
	}},
	{"every message comes twice, and out of turn", func(_ *testing.T, f *fleet) {
		f.events.Deliveries.Set(pubsub.Trouble{Seed: 5, Duplicate: 1, Reorder: 1, DropAck: 0.1, Hold: 300 * time.Millisecond})
		f.timers.Deliveries.Set(tasks.Mischief{Seed: 5, Double: 1, Late: 0.3, LateBy: time.Second, Early: 0.3, EarlyBy: time.Second})
		time.Sleep(6 * time.Second)
		f.events.Deliveries.Set(pubsub.Trouble{})
		f.timers.Deliveries.Reset()
	}},
	{"queues fill, as who should empty them is gone or frozen", func(t *testing.T, f *fleet) {
		f.functions["assign"].kill()
		for _, frozen := range []string{"notify", "scoreupdate", "locationingest"} {
			require.NoError(t, f.functions[frozen].signal(syscall.SIGSTOP))
		}
		time.Sleep(4 * time.Second)
		for _, frozen := range []string{"notify", "scoreupdate", "locationingest"} {
			require.NoError(t, f.functions[frozen].signal(syscall.SIGCONT))
		}
		f.startFunction(t, "assign")
	}},
	{"clocks go wrong, each by another time", func(t *testing.T, f *fleet) {
		wrong := map[*process]time.Duration{
			f.functions["api"]: -20 * time.Second, f.functions["assign"]: 30 * time.Second, f.functions["sweep"]: 10 * time.Minute,
			f.functions["scoreupdate"]: -3 * time.Minute, f.functions["notify"]: time.Minute, f.gateways[0].process: time.Minute, f.gateways[1].process: -time.Minute,
		}
		for p, d := range wrong {
			if err := skew(p.cmd.Process.Pid, d); err != nil {
				t.Logf("the clock of a process cannot be changed here: %v", err)
				return
			}
		}
		time.Sleep(6 * time.Second)
		for p := range wrong {
			require.NoError(t, skew(p.cmd.Process.Pid, 0))
		}
	}},
}

func loseMemory(t *testing.T, f *fleet) {
	for range 2 {
		require.NoError(t, f.cache.Restart(false))
		time.Sleep(1500 * time.Millisecond)
	}
}

// TestACitySurvives lets a city live on the platform for a day, on which one thing
// after the other happens to the platform. In the evening everything is as it has to be.
// LASTMILE_CHAOS=all has days besides on which only one thing happens, and
// LASTMILE_CHAOS=long makes the days ten times as long.
func TestACitySurvives(t *testing.T) {
	if testing.Short() {
		t.Skip("runs without -short")
	}
	bin := build(t)
	roads, err := town.Prepare(t.TempDir(), "")
	require.NoError(t, err)
	live := func(name, engine string, all ...calamity) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			openFleet(t, bin, engine, roads).day(t, roads, all)
		})
	}
	live("a day on which all of it happens", "", calamities...)
	if !all() {
		return
	}
	for _, c := range calamities {
		live(c.name, "", c)
	}
	if _, err := exec.LookPath("redis-server"); err == nil {
		live("the embedded Redis loses its memory", redis.Embedded, calamity{"it is empty", loseMemory})
	}
}

// day lets a city live for a day on which something happens.
func (f *fleet) day(t *testing.T, roads string, what []calamity) {
	t.Helper()
	w := watch(t, f)
	settings := dispatch.Standard()
	settings.EverySeconds, settings.OfferSeconds, settings.LeadSeconds, settings.Rounds = 5, 5, 600, 1000
	require.Equal(t, http.StatusOK, f.call(t, "PUT", "/v1/zones/"+town.Zone+"/dispatch", settings, &object{}))
	c, err := town.New(f.town(t, roads, len(what)))
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), aDay(len(what)))
	defer cancel()
	var living sync.WaitGroup
	defer living.Wait()
	living.Go(func() { f.tick(ctx) })
	back := f.scouts(t, 3)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	f.until(t, "the city is busy", func() bool { return c.Placed() >= 5 })
	for _, c := range what {
		t.Log(c.name)
		jobs := f.startJobs(ctx, c.name)
		c.inflict(t, f)
		jobs.Wait()
	}
	mending, mended := context.WithCancel(ctx)
	living.Go(func() { f.mend(mending, t) })
	began := time.Now()
	require.NoError(t, <-ended)
	if ctx.Err() != nil {
		t.Fatalf("somebody does not hear of the end of their order: %v", errors.Join(c.Check(t.Context()), ordersHaveOneCourier(t.Context(), f.db)))
	}
	t.Logf("%d orders; the last ended %s after the fault", c.Placed(), time.Since(began).Round(time.Millisecond))
	f.evening(t, w, c, back())
	mended()
	cancel()
}

// town is a city that still orders when the last of so many things happens.
func (f *fleet) town(t *testing.T, roads string, things int) town.Options {
	o := town.Options{
		API: f.URL, Issuer: f.Issuer, Operator: f.Operator, Roads: roads,
		Couriers: 32, Shops: 4, Orders: 1, Most: 12 + 6*things, Speed: 400, Seed: 1, Reach: 70, Within: 70,
		Decline: 0.05, Cancel: 0.1, Reject: 0.05, Rate: 0.5, Steady: true, Trust: true,
		Say: func(text string) { t.Log(text) },
	}
	if long() {
		o.Most *= 10
	}
	return o
}

// aDay is how long a day may take on which so many things happen.
func aDay(things int) time.Duration {
	day := time.Minute + time.Duration(things)*time.Minute/2
	if long() {
		day *= 8
	}
	return day
}

func all() bool { return long() || os.Getenv("LASTMILE_CHAOS") == "all" }

func long() bool { return os.Getenv("LASTMILE_CHAOS") == "long" }

// startJobs has the shops' catalogues synced, and prices changed, meanwhile. The
// calls are made again until they are answered.
func (f *fleet) startJobs(ctx context.Context, key string) *sync.WaitGroup {
	var calls sync.WaitGroup
	submit := func(key, path string, in any) {
		calls.Go(func() {
			for ctx.Err() == nil && f.Call(ctx, http.MethodPost, path, in, nil, "Idempotency-Key", key) != nil {
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	for i := range 4 {
		shop := fmt.Sprintf("shop-%02d", i+1)
		submit(key+shop+"sync", "/v1/shops/"+shop+"/catalog/sync?join=true", nil)
		submit(key+shop+"price", "/v1/jobs", object{"kind": "items.price", "shop": shop, "params": object{"percent": 1}, "filter": object{}, "join": true})
	}
	return &calls
}

// tick calls the schedules that are due every minute, every second.
func (f *fleet) tick(ctx context.Context) {
	for {
		for _, j := range registry.Topology().Functions {
			for _, s := range j.Schedules {
				if s.Cron == "* * * * *" {
					_ = f.Call(ctx, http.MethodPost, "/functions/"+j.Name+"/schedule", nil, nil) // the next second tries again
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// evening checks the invariants, all of them, once nothing is under way.
func (f *fleet) evening(t *testing.T, w *witness, c *town.City, scouts []*scout) {
	t.Helper()
	ctx := t.Context()
	cache := goredis.NewClient(&goredis.Options{Addr: f.cache.Addr()})
	defer cache.Close()
	for name, holds := range map[string]func() error{
		"what the people know is so":               func() error { return c.Check(ctx) },
		"an order has one courier":                 func() error { return ordersHaveOneCourier(ctx, f.db) },
		"stock is what orders took":                func() error { return stockIsWhatOrdersTook(ctx, f.db) },
		"jobs have ended":                          func() error { return jobsEnded(ctx, f.db) },
		"nothing waits, and nothing was given up":  func() error { return nothingWaits(ctx, f.db) },
		"every change was told":                    func() error { return everyChangeWasTold(ctx, f.db, w) },
		"scores are those of their facts":          func() error { return scoresAreTheirFacts(ctx, f.db, w) },
		"rounds are decided the same again":        func() error { return roundsReplay(ctx, f.db) },
		"the last positions are kept":              func() error { return positionsAreTheLast(ctx, f.db, cache, scouts) },
		"nobody seems to be there who has hung up": func() error { return nobodyIsThere(ctx, cache, gateways) },
	} {
		began := time.Now()
		var err error
		for end := began.Add(90 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if err = holds(); err == nil {
				break
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Logf("after %s: %s", took.Round(time.Millisecond), name)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
