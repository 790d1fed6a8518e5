package assign_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
)

// down makes every call of a service fail until the returned function is called.
func down(faults *fault.Injector) (up func()) { return faults.Add(fault.Rule{Code: codes.Unavailable}) }

// lose has the events that wait be lost.
func (w *world) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = nil
}

// minute passes, in which couriers tell where they are, and the sweep runs.
func (w *world) minute(t *testing.T, couriers ...string) {
	w.jump(time.Minute)
	for i, c := range couriers {
		w.at(t, c, float64(i+1))
	}
	require.NoError(t, w.Sweep(t.Context()))
	w.settle(t)
}

func (w *world) offDuty(t *testing.T, id string) {
	_, err := w.parts.Couriers.Change(t.Context(), courier.ID(id), func(c courier.Courier) (courier.Courier, error) {
		return c.Duty(false, time.Time{}, id, w.time())
	})
	require.NoError(t, err)
}

func TestWhoGoesOffDutyWithAnOfferDoesNotGetTheOrder(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada")
	w.order(t, "o1")
	w.settle(t)
	require.Equal(t, []string{"ada"}, w.open(t, "o1"))
	w.offDuty(t, "ada")
	require.ErrorIs(t, w.accept("o1", "ada"), courier.ErrRefused)
	require.Empty(t, w.load(t, "ada"))
	w.pass(t, 30*time.Second)
	w.hire(t, "bob")
	w.pass(t, 15*time.Second)
	require.Equal(t, []string{"bob"}, w.open(t, "o1"), "the offer expires, and another is asked")
	require.NoError(t, w.accept("o1", "bob"))
}

func TestARoundWithoutRedisIsMadeWhenItIsBack(t *testing.T) {
	for name, back := range map[string]func(*testing.T, *world){
		"by the event, which comes again":           func(t *testing.T, w *world) { w.settle(t) },
		"by the sweep, where the event is lost too": func(t *testing.T, w *world) { w.lose(); w.minute(t, "ada") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire(t, "ada")
			up := down(w.redis.Faults)
			w.order(t, "o1")
			require.Error(t, w.deliver(), "nobody knows where couriers are")
			require.Equal(t, dispatch.Waiting, w.search(t, "o1").State)
			up()
			back(t, w)
			require.Equal(t, []string{"ada"}, w.open(t, "o1"))
		})
	}
}

func TestAnOfferStandsWhoseHintIsLost(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada", "bob")
	remove := w.redis.Faults.Add(fault.Rule{Method: "SET", Code: codes.Unavailable})
	w.order(t, "o1")
	w.settle(t)
	remove()
	require.Contains(t, w.log.String(), "could not note who was asked")
	w.order(t, "o2")
	w.settle(t)
	require.Contains(t, w.open(t, "o1"), "ada")
	require.Contains(t, w.open(t, "o2"), "ada", "asked for two at once")
	require.NoError(t, w.accept("o1", "ada"))
	require.NoError(t, w.accept("o2", "ada"))
	require.Equal(t, []string{"o1", "o2"}, w.load(t, "ada"))
}

func TestWithoutCloudTasksTheSweepGoesOn(t *testing.T) {
	for name, mode := range map[string]dispatch.Mode{"order by order": dispatch.EachOrder, "in a zone's rounds": dispatch.WholeZone} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.set(t, func(s *dispatch.Settings) { s.Mode = mode })
			w.hire(t, "ada")
			up := down(w.tasks.Faults)
			w.order(t, "o1")
			require.Error(t, w.deliver(), "a timer that is not set is told")
			w.lose()
			up()
			w.minute(t, "ada")
			w.pass(t, 15*time.Second)
			w.hire(t, "bob")
			w.pass(t, 15*time.Second)
			w.minute(t, "ada", "bob")
			require.NotEmpty(t, w.open(t, "o1"), "somebody is asked: %+v", w.search(t, "o1"))
		})
	}
}
