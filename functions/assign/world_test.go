package assign_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/emulators/firestore"
	"lastmile/emulators/redis"
	"lastmile/emulators/tasks"
	"lastmile/functions/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/assignredis"
	"lastmile/shared/assign/assigntimer"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/bus"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/geo"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/road/roadhttp"
	"lastmile/shared/score/scoredb"
	"lastmile/shared/timer"
	"lastmile/shared/track"
	"lastmile/shared/track/trackredis"
)

var (
	noon   = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	bakery = geo.Point{Lat: 35.8989, Lng: 14.5146}
)

// world is the function on services of its own, at a time that only moves when a
// test says so. Events wait until they are delivered; timers call by themselves.
type world struct {
	*assign.Function
	firestore *firestore.Server
	tasks     *tasks.Server
	redis     *redis.Server
	parts     assign.Parts
	log       bytes.Buffer

	mu    sync.Mutex
	now   time.Time     // guarded by mu
	sent  []bus.Message // guarded by mu; not delivered yet
	told  []bus.Message // guarded by mu; all that were sent
	deaf  bool          // guarded by mu; timers are lost
	calls []timer.Timer // guarded by mu
}

// tester is a test, or one run of a property.
type tester interface {
	require.TestingT
	Helper()
	Cleanup(func())
}

func newWorld(t tester) *world {
	t.Helper()
	w := &world{now: noon}
	var err error
	w.firestore, err = firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.firestore.Close() })
	db, err := docs.Open(context.Background(), docs.Options{Project: "test", EmulatorHost: w.firestore.Addr(), Publisher: w, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	w.redis, err = redis.Start(redis.Options{Server: redis.Embedded, Faulty: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.redis.Close() })
	client := goredis.NewClient(&goredis.Options{Addr: w.redis.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	couriers := courierdb.New(db)
	w.parts = assign.Parts{
		DB: db, Searches: assigndb.New(db, couriers), Orders: orderdb.New(db), Couriers: couriers, Scores: scoredb.New(db),
		Positions: trackredis.New(client, trackredis.Options{}), Hints: assignredis.New(client),
		Roads: roadhttp.New("http://127.0.0.1:1", roadhttp.Options{Pause: time.Hour}), Clock: assigntimer.New(w.timers(t)),
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Now: w.time,
	}
	w.Function = assign.New(w.parts)
	return w
}

// timers is a queue whose timers call the function.
func (w *world) timers(t tester) *timer.Queue {
	var err error
	w.tasks, err = tasks.Start(tasks.Options{Now: w.time, Unthrottled: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.tasks.Close() })
	web := httptest.NewServer(w)
	t.Cleanup(web.Close)
	client, err := cloudtasks.NewClient(context.Background(), option.WithEndpoint(w.tasks.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	defer client.Close()
	_, err = client.CreateQueue(context.Background(), &cloudtaskspb.CreateQueueRequest{
		Parent: "projects/p/locations/l", Queue: &cloudtaskspb.Queue{Name: "projects/p/locations/l/queues/" + assigntimer.Function},
	})
	require.NoError(t, err)
	q, err := timer.Open(context.Background(), timer.Options{
		Project: "p", Region: "l", EmulatorHost: w.tasks.Addr(), URL: func(string) string { return web.URL }, Now: w.time,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// ServeHTTP takes the call of a timer.
func (w *world) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	c, err := timer.DecodeCall(r, assigntimer.Function)
	w.mu.Lock()
	w.calls = append(w.calls, c.Timer)
	deaf := w.deaf
	w.mu.Unlock()
	if err == nil && !deaf {
		err = w.Due(r.Context(), c.Timer)
	}
	if err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
	}
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Send is the bus.
func (w *world) Send(_ context.Context, messages ...bus.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent, w.told = append(w.sent, messages...), append(w.told, messages...)
	return nil
}

// deliver hands the function the events that wait, and those that follow. It
// returns what went wrong with some, which wait again then.
func (w *world) deliver() error {
	var failed []bus.Message
	var errs []error
	for {
		w.mu.Lock()
		batch := w.sent
		w.sent = nil
		if len(batch) == 0 {
			w.sent = failed
		}
		w.mu.Unlock()
		if len(batch) == 0 {
			return errors.Join(errs...)
		}
		for _, m := range batch {
			if err := w.handle(m); err != nil {
				failed, errs = append(failed, m), append(errs, err)
			}
		}
	}
}

func (w *world) handle(m bus.Message) error {
	switch m.Topic {
	case "order.changed.v1":
		var e event.OrderChanged
		if err := json.Unmarshal(m.Data, &e); err != nil {
			return err
		}
		return w.Ordered(context.Background(), e)
	case "dispatch.changed.v1":
		var e event.DispatchChanged
		if err := json.Unmarshal(m.Data, &e); err != nil {
			return err
		}
		return w.Dispatched(context.Background(), e)
	}
	return nil
}

// pass lets time pass, and all happen that is due then.
func (w *world) pass(t tester, d time.Duration) {
	w.jump(d)
	w.settle(t)
}

func (w *world) jump(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// ctx is for calls after which a world is looked at: those of timers may still be
// under way when a test ends.
func (w *world) ctx() context.Context { return context.Background() }

func (w *world) settle(t tester) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, w.tasks.Idle(ctx))
	require.NoError(t, w.deliver())
	require.NoError(t, w.tasks.Idle(ctx))
}

// hire has couriers come on duty near the bakery, each further away.
func (w *world) hire(t tester, ids ...string) {
	for i, id := range ids {
		require.NoError(t, w.parts.Couriers.Create(context.Background(), courier.Courier{
			ID: courier.ID(id), Zone: "valletta", Vehicle: courier.Bicycle, Capacity: 3, OnDuty: true, CashLimit: 10_000,
		}))
		w.at(t, id, float64(i+1))
	}
}

// at has a courier be so many dozen metres from the bakery.
func (w *world) at(t tester, id string, dozens float64) {
	_, _, err := w.parts.Positions.Keep(context.Background(), w.time(), track.Fix{
		Courier: track.CourierID(id), At: w.time(), Point: geo.Point{Lat: bakery.Lat + dozens/1e4, Lng: bakery.Lng},
	})
	require.NoError(t, err)
}

// order has the shop accept an order, which is ready in a minute.
func (w *world) order(t tester, id string) {
	o := order.Order{
		ID: order.ID(id), Customer: "cy", Shop: "bakery", Zone: "valletta", Pickup: order.Place{Point: bakery},
		Dropoff: order.Place{Point: geo.Point{Lat: bakery.Lat + 0.01, Lng: bakery.Lng}}, Cash: true, Price: order.Price{Total: 700},
	}.Place(w.time())
	require.NoError(t, w.parts.DB.Commit(context.Background(), docs.In[order.Order](w.parts.DB, "orders").Create(id, o)))
	require.NoError(t, w.does(id, order.Change{Action: order.Accept, Prep: time.Minute}, order.Shop, "bakery"))
}

func (w *world) does(id string, change order.Change, role order.Role, by string) error {
	_, err := w.parts.Orders.Change(context.Background(), order.ID(id), func(o order.Order) (order.Order, error) {
		return o.Do(change, order.Actor{Role: role, ID: by}, w.time())
	})
	return err
}

func (w *world) search(t tester, id string) dispatch.Dispatch {
	d, err := w.parts.Searches.Get(context.Background(), id)
	require.NoError(t, err)
	return d
}

func (w *world) load(t tester, id string) []string {
	c, err := w.parts.Couriers.Get(context.Background(), courier.ID(id))
	require.NoError(t, err)
	return c.Load.Orders
}

func (w *world) accept(id, by string) error {
	_, err := w.parts.Searches.Accept(context.Background(), id, by, w.time())
	return err
}

func (w *world) withdraw(id, by string) error {
	return w.change(id, func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Withdraw(by, w.time()) })
}

func (w *world) change(id string, f func(dispatch.Dispatch) (dispatch.Dispatch, error)) error {
	_, err := w.parts.Searches.Change(context.Background(), id, assigndb.Change{Do: f}, w.time())
	return err
}

// set changes the zone's settings.
func (w *world) set(t tester, f func(*dispatch.Settings)) {
	s := dispatch.Standard()
	f(&s)
	_, err := w.parts.Searches.PutSettings(context.Background(), "valletta", s, assigndb.AnyVersion, "ops", w.time())
	require.NoError(t, err)
}

// said are the events of a topic that contain a text.
func (w *world) said(topic, text string) (found []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.told {
		if m.Topic == topic && strings.Contains(string(m.Data), text) {
			found = append(found, string(m.Data))
		}
	}
	return found
}

// open are the couriers who can accept now.
func (w *world) open(t tester, id string) []string {
	d := w.search(t, id)
	return slices.DeleteFunc(slices.Clone(d.Asked), func(c string) bool { return !d.OpenTo(c, w.time()) })
}
