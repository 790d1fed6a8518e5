package assigndb_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
)

// call is what somebody asked of a search, and answer what they were told.
type call struct{ what, by string }

type answer struct{ err error }

// standing is an order as the model has it: who carries it, and whether it is
// cancelled, or its offers are noted to have expired.
type standing struct {
	winner    string
	cancelled bool
	expired   bool
}

// errLost is the answer of a call whose answer never came: it may have happened,
// then or later.
var errLost = errors.New("lost")

// model is a search that does one thing at a time.
func model() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{standing{}} },
		Step: func(state, input, output any) []any {
			return state.(standing).after(input.(call), output.(answer).err)
		},
		Equal: func(a, b any) bool { return a == b },
	}
	return m.ToModel()
}

// after returns the states in which a call can leave s that is answered so; none,
// if it cannot be.
func (s standing) after(c call, err error) []any {
	next, want := s.does(c)
	switch {
	case errors.Is(err, errLost):
		return []any{s, next}
	case c.what == "read" && err.Error() == fmt.Sprint(s):
		return []any{s}
	case c.what != "read" && errors.Is(err, want):
		return []any{next}
	}
	return nil
}

func (s standing) does(c call) (standing, error) {
	switch {
	case c.what == "read":
		return s, nil
	case c.what == "cancel":
		return standing{winner: s.winner, cancelled: true}, nil
	case c.what == "expire":
		return standing{s.winner, s.cancelled, s.winner == "" && !s.cancelled}, nil
	case s.cancelled && s.winner == c.by:
		return s, nil // it was theirs until then
	case s.cancelled:
		return s, dispatch.ErrOver
	case s.winner == c.by:
		return s, nil
	case s.winner != "":
		return s, dispatch.ErrTaken
	case s.expired || c.what == "accept late":
		return s, dispatch.ErrExpired
	}
	return standing{winner: c.by}, nil
}

// Whoever accepts, in time or at the moment the offer expires, cancels, notes that
// it has expired and looks at the same time, and and in whichever of two processes, whatever
// answers of the database get lost, it is as if one had come after the other.
func TestAcceptanceIsLinearizable(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(t)
		couriers := names("c", 6)
		w.hire(t, couriers...)
		w.offer(t, []string{"o1"}, couriers)
		defer w.firestore.Faults.Add(fault.Rule{Method: "Commit", Skip: int(seed % 4), Times: 2, Code: codes.Unavailable, After: true})()
		ops := history(t, w, couriers, seed)
		require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(model(), ops, 20*time.Second), "seed %d: %v", seed, ops)
	}
}

func history(t *testing.T, w *world, couriers []string, seed uint64) []porcupine.Operation {
	var mu sync.Mutex
	var ops []porcupine.Operation
	var wg sync.WaitGroup
	start := time.Now()
	for client, by := range append(couriers, "shop") {
		r := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for range 4 {
				c := call{[]string{"accept", "accept", "accept late"}[r.IntN(3)], by}
				if by == "shop" {
					c.what = []string{"read", "read", "cancel", "expire"}[r.IntN(4)]
				}
				called := time.Since(start)
				err := once(t, w, []*assigndb.Store{w.store, w.other}[client%2], c)
				returned := time.Since(start)
				if errors.Is(err, docs.ErrUnavailable) || errors.Is(err, docs.ErrConflict) {
					err, returned = errLost, time.Hour
				}
				mu.Lock()
				ops = append(ops, porcupine.Operation{ClientId: len(ops), Input: c, Call: int64(called), Output: answer{err}, Return: int64(returned)})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return ops
}

// late is the moment at which the offers expire.
var late = now.Add(30 * time.Second)

// once makes a call of one of two processes.
func once(t *testing.T, w *world, store *assigndb.Store, c call) error {
	change := func(f func(dispatch.Dispatch) dispatch.Dispatch) error {
		_, err := store.Change(t.Context(), "o1", assigndb.Change{Do: func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return f(d), nil }}, now)
		return err
	}
	switch c.what {
	case "accept":
		_, err := store.Accept(t.Context(), "o1", c.by, now)
		return err
	case "accept late":
		_, err := store.Accept(t.Context(), "o1", c.by, late)
		return err
	case "cancel":
		return change(func(d dispatch.Dispatch) dispatch.Dispatch { return d.Cancel(now) })
	case "expire":
		return change(func(d dispatch.Dispatch) dispatch.Dispatch { after, _ := d.Refresh(nil, late); return after })
	}
	d, err := store.Get(t.Context(), "o1")
	if err != nil {
		return err
	}
	return errors.New(fmt.Sprint(standing{d.Winner, d.State == dispatch.Cancelled, d.State == dispatch.Waiting && len(d.Asked) == 0}))
}
