package assign_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	"lastmile/emulators/fault"
	"lastmile/emulators/race"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/order"
)

// A call may die at each of its steps: before a commit, so that nothing has
// happened, or after it, so that nobody knows. Events that were committed are
// published late or twice, and timers may be lost. Whatever happens, an order has
// one courier at the most, who carries it; and once all is well again nothing is
// left over: no offer past its time, no search that nobody goes on with.
func TestACrashAtEveryStepLeavesNothingHalfDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.hire(t, fleet...)
		w.order(t, "o1")
		w.order(t, "o2")
		for range rapid.IntRange(3, 12).Draw(t, "steps") {
			step := steps[rapid.SampledFrom(often).Draw(t, "step")]
			crash := drawCrash(t)
			remove := w.firestore.Faults.Add(crash)
			_ = step(t, w)
			require.NoError(t, w.tasks.Idle(w.ctx()), "timers die as well")
			remove()
			w.consistent(t)
		}
		w.heal(t)
		w.consistent(t)
		w.finished(t)
	})
}

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", fmt.Sprint(race.Fewer(100, 20))) // the command line may say otherwise
	os.Exit(m.Run())
}

var fleet = []string{"ada", "bob", "eve"}

// drawCrash draws the commit of a step at which it dies, if it has so many. The
// refusal is one that nobody tries again after.
func drawCrash(t *rapid.T) fault.Rule {
	return fault.Rule{
		Method: "Commit", Skip: rapid.IntRange(0, 5).Draw(t, "commit"), Times: 1,
		Code: codes.PermissionDenied, After: rapid.Bool().Draw(t, "after it"),
	}
}

func anOrder(t *rapid.T) string { return rapid.SampledFrom([]string{"o1", "o2"}).Draw(t, "order") }

func aCourier(t *rapid.T) string { return rapid.SampledFrom(fleet).Draw(t, "courier") }

// steps are what can happen.
var steps = map[string]func(t *rapid.T, w *world) error{
	"deliver": func(_ *rapid.T, w *world) error { return w.deliver() },
	"accept":  func(t *rapid.T, w *world) error { return w.accept(anOrder(t), aCourier(t)) },
	"reject": func(t *rapid.T, w *world) error {
		return w.parts.Searches.Reject(w.ctx(), anOrder(t), aCourier(t), w.time())
	},
	"withdraw": func(t *rapid.T, w *world) error { return w.withdraw(anOrder(t), aCourier(t)) },
	"pin": func(t *rapid.T, w *world) error {
		by := aCourier(t)
		return w.change(anOrder(t), func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Pin(by, w.time()) })
	},
	"pick up": func(t *rapid.T, w *world) error {
		return w.does(anOrder(t), order.Change{Action: order.PickUp}, order.Courier, aCourier(t))
	},
	"bring": func(t *rapid.T, w *world) error {
		return w.does(anOrder(t), order.Change{Action: order.Deliver}, order.Courier, aCourier(t))
	},
	"cancel": func(t *rapid.T, w *world) error {
		return w.does(anOrder(t), order.Change{Action: order.Cancel, Reason: "out of flour"}, order.Shop, "bakery")
	},
	"a moment passes": func(t *rapid.T, w *world) error {
		w.jump(time.Duration(rapid.IntRange(1, 45).Draw(t, "seconds")) * time.Second)
		return w.Sweep(w.ctx())
	},
	"time passes": func(t *rapid.T, w *world) error {
		w.jump(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
		for _, c := range fleet {
			w.at(t, c, 1)
		}
		return w.Sweep(w.ctx())
	},
}

// often are the steps, those more often without which not much happens.
var often = append(slices.Sorted(maps.Keys(steps)), "deliver", "deliver", "accept", "accept")

// consistent holds at every moment, whatever died.
func (w *world) consistent(t *rapid.T) {
	carried := map[string][]string{}
	for id, d := range w.searches(t) {
		require.Equal(t, d.State == dispatch.Carried || d.Winner != "" && !d.Open, d.Winner != "", "%+v", d)
		if d.State == dispatch.Carried {
			carried[d.Winner] = append(carried[d.Winner], id)
		}
		if d.State != dispatch.Waiting {
			require.Empty(t, d.Asked, "nobody else can accept")
		}
		won := 0
		for _, o := range d.Offers {
			if o.State == dispatch.Accepted {
				won++
			}
		}
		require.LessOrEqual(t, won, 1)
	}
	for _, c := range fleet {
		require.ElementsMatch(t, carried[c], w.load(t, c), "%s carries what is theirs", c)
	}
}

// searches are those that have begun.
func (w *world) searches(t *rapid.T) map[string]dispatch.Dispatch {
	found, err := w.parts.Searches.Many(w.ctx(), "o1", "o2")
	require.NoError(t, err)
	return found
}

// heal lets everything happen that is still to: what the outbox holds, timers, and
// what the sweep finds, until each order is in the hands of a courier or over.
func (w *world) heal(t *rapid.T) {
	for range 4 {
		_, err := w.parts.DB.SweepOutbox(w.ctx(), time.Now().Add(time.Hour), 1000)
		require.NoError(t, err)
		w.settle(t)
		w.jump(time.Minute)
		w.settle(t)
		require.NoError(t, w.Sweep(w.ctx()))
		w.settle(t)
	}
}

// finished holds when nothing is broken any more.
func (w *world) finished(t *rapid.T) {
	overdue, err := w.parts.Searches.Overdue(w.ctx(), w.time().Add(-time.Minute), 10)
	require.NoError(t, err)
	require.Empty(t, overdue, "somebody goes on with every search")
	for _, id := range []string{"o1", "o2"} {
		o, err := w.parts.Orders.Get(w.ctx(), order.ID(id))
		require.NoError(t, err)
		d := w.searches(t)[id] // none for one that was cancelled before it began
		require.Equal(t, o.State == order.Delivered || o.State == order.Cancelled, !d.Open, "order %s is %s, its search %s", id, o.State, d.State)
		if d.Open {
			require.Equal(t, d.Winner, o.Courier, "the order names who has it")
		}
		for _, offer := range d.Offers {
			require.False(t, offer.State == dispatch.Offered && !w.time().Before(offer.Expires.Add(time.Minute)), "an offer past its time: %+v", offer)
		}
	}
	require.Empty(t, w.staleTimers(t))
}

// staleTimers fires every timer that has called so far again, and returns those
// that changed anything.
func (w *world) staleTimers(t *rapid.T) (had []string) {
	before := slices.Collect(maps.Values(w.searches(t)))
	w.mu.Lock()
	calls := slices.Clone(w.calls)
	w.mu.Unlock()
	for _, c := range calls {
		if slices.ContainsFunc(before, func(d dispatch.Dispatch) bool { return c.Gen == d.Version }) {
			continue // not stale
		}
		require.NoError(t, w.Due(w.ctx(), c))
	}
	for _, d := range before {
		if after := w.search(t, d.Order); after.Version != d.Version {
			had = append(had, fmt.Sprintf("%s went from version %d to %d", d.Order, d.Version, after.Version))
		}
	}
	return had
}
