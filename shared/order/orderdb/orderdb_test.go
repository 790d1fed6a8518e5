package orderdb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/race"
	"lastmile/shared/docs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
)

func TestPlace(t *testing.T) {
	tests := map[string]struct {
		items []item
		order order.Order
		short []order.Shortage
		held  int64
	}{
		"an order takes what it needs": {
			[]item{{"rye", 5, true, true}}, of("o", "rye", 3), nil, 3,
		},
		"it may take the last": {
			[]item{{"rye", 3, true, true}}, of("o", "rye", 3), nil, 3,
		},
		"more than there is is refused": {
			[]item{{"rye", 2, true, true}}, of("o", "rye", 3), []order.Shortage{{Item: "rye", Wanted: 3, Left: 2}}, 0,
		},
		"an item that has gone is refused": {
			nil, of("o", "rye", 1), []order.Shortage{{Item: "rye", Wanted: 1}}, 0,
		},
		"an item that cannot be ordered is refused": {
			[]item{{"rye", 5, true, false}}, of("o", "rye", 1), []order.Shortage{{Item: "rye", Wanted: 1}}, 0,
		},
		"what nobody counts any more does not run out": {
			[]item{{"rye", 0, false, true}}, of("o", "rye", 9), nil, 9,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, i := range test.items {
				w.set(i)
			}
			placed, created, err := w.orders.Place(t.Context(), test.order)
			require.Equal(t, test.held, w.shelf("rye").Held)
			if test.short != nil {
				var short *order.ShortError
				require.ErrorAs(t, err, &short)
				require.Equal(t, test.short, short.Shortages)
				_, err = w.orders.Get(t.Context(), "o")
				require.ErrorIs(t, err, order.ErrUnknown)
				return
			}
			require.NoError(t, err)
			require.True(t, created)
			require.Equal(t, order.Placed, placed.State)
			stored, err := w.orders.Get(t.Context(), "o")
			require.NoError(t, err)
			require.Equal(t, placed, stored)
			require.Equal(t, map[string]int{string(placed.Changed("").ID): 1, string(placed.Notice().ID): 1}, w.published())
		})
	}
}

func TestOneShortLineLeavesTheOthersAlone(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 9)
	w.sync("oat", 1)
	o := of("o", "rye", 2)
	o.Lines = append(o.Lines, order.Line{Item: "oat", Quantity: 2, Counted: true})
	_, _, err := w.orders.Place(t.Context(), o)
	require.ErrorIs(t, err, order.ErrShort)
	require.Zero(t, w.shelf("rye").Held)
	require.Zero(t, w.shelf("oat").Held)
}

func TestTheSameOrderTwiceIsOne(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 100)
	var created atomic.Int64
	var g errgroup.Group
	for range 50 {
		g.Go(func() error {
			_, first, err := w.orders.Place(t.Context(), of("o", "rye", 1))
			if first {
				created.Add(1)
			}
			return err
		})
	}
	require.NoError(t, g.Wait())
	require.EqualValues(t, 1, created.Load())
	require.EqualValues(t, 1, w.shelf("rye").Held)
}

// Several stores are several instances: they contend in the database.
func TestExactlyTheStockIsSold(t *testing.T) {
	tests := map[string]struct {
		orders, stores int
		stock          int64
	}{
		"10,000 orders of the last item":                     {10_000, 1, 1},
		"10,000 orders of the last 300":                      {10_000, 1, 300},
		"2,000 orders of the last 150 at several instances":  {2_000, 4, 150},
		"1,000 orders of more than enough, at two instances": {1_000, 2, 5_000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.orders = race.Fewer(test.orders, test.orders/10)
			w.sync("rye", test.stock)
			stores := make([]*orderdb.Store, test.stores)
			for i := range stores {
				stores[i] = orderdb.New(w.db)
			}
			var sold, short atomic.Int64
			var g errgroup.Group
			for i := range test.orders {
				g.Go(func() error {
					_, _, err := stores[i%len(stores)].Place(t.Context(), of(fmt.Sprint("o", i), "rye", 1))
					switch {
					case err == nil:
						sold.Add(1)
					case errors.Is(err, order.ErrShort):
						short.Add(1)
						err = nil
					}
					return err
				})
			}
			require.NoError(t, g.Wait())
			want := min(test.stock, int64(test.orders))
			require.Equal(t, want, sold.Load())
			require.Equal(t, int64(test.orders)-want, short.Load())
			require.Equal(t, want, w.shelf("rye").Held)
			stored, err := docs.In[order.Order](w.db, "orders").Query().Count(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, want, stored)
		})
	}
}

func TestStockFollowsItsOrder(t *testing.T) {
	reason := order.Change{Action: order.Cancel, Reason: "changed my mind"}
	tests := map[string]struct {
		changes []order.Change
		left    int64 // of 5, after an order of 2
	}{
		"held while it is placed":     {nil, 3},
		"held while it is prepared":   {[]order.Change{{Action: order.Accept}, {Action: order.Prepare}}, 3},
		"put back when it is refused": {[]order.Change{{Action: order.Reject, Reason: "closing"}}, 5},
		"put back when cancelled":     {[]order.Change{reason}, 5},
		"put back once":               {[]order.Change{reason, reason}, 5},
		"sold when it is fetched":     {[]order.Change{{Action: order.Accept}, {Action: order.Assign, Courier: "bob"}, {Action: order.PickUp}}, 3},
		"not put back from the road": {[]order.Change{
			{Action: order.Accept}, {Action: order.Assign, Courier: "bob"}, {Action: order.PickUp}, reason,
		}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sync("rye", 5)
			_, _, err := w.orders.Place(t.Context(), of("o", "rye", 2))
			require.NoError(t, err)
			for _, c := range test.changes {
				_, err := w.do("o", order.Operator, c)
				require.NoError(t, err)
			}
			require.Equal(t, test.left, w.shelf("rye").At(5).Left())
		})
	}
}

// The figure that a sync brings counts what is on order as still there, and what
// has been fetched as gone.
func TestASyncAndOrdersLiveTogether(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 10)
	for _, id := range []order.ID{"a", "b", "c"} {
		_, _, err := w.orders.Place(t.Context(), of(string(id), "rye", 2))
		require.NoError(t, err)
	}
	for _, c := range []order.Change{{Action: order.Accept}, {Action: order.Assign, Courier: "bob"}, {Action: order.PickUp}} {
		_, err := w.do("a", order.Operator, c)
		require.NoError(t, err)
	}
	w.sync("rye", 10) // the price changed, not the stock
	require.EqualValues(t, 4, w.shelf("rye").At(10).Left())
	w.sync("rye", 8) // now they have counted
	require.EqualValues(t, 4, w.shelf("rye").At(8).Left())
	_, _, err := w.orders.Place(t.Context(), of("d", "rye", 5))
	require.ErrorIs(t, err, order.ErrShort)
	_, _, err = w.orders.Place(t.Context(), of("e", "rye", 4))
	require.NoError(t, err)
	_, err = w.do("b", order.Customer, order.Change{Action: order.Cancel, Reason: "late"})
	require.NoError(t, err)
	require.EqualValues(t, 2, w.shelf("rye").Left())
}

func TestAChangeIsPublishedWhateverCrashes(t *testing.T) {
	t.Run("a bus that is down delays the events", func(t *testing.T) {
		w := newWorld(t)
		w.sync("rye", 5)
		w.setDown(true)
		placed, _, err := w.orders.Place(t.Context(), of("o", "rye", 1))
		require.NoError(t, err)
		accepted, err := w.do("o", order.Shop, order.Change{Action: order.Accept})
		require.NoError(t, err)
		require.Empty(t, w.published())
		w.setDown(false)
		n, err := w.db.SweepOutbox(t.Context(), time.Now().Add(time.Minute), 100)
		require.NoError(t, err)
		require.Equal(t, 4, n)
		require.Equal(t, map[string]int{
			string(placed.Changed("").ID): 1, string(placed.Notice().ID): 1,
			string(accepted.Changed(order.Placed).ID): 1, string(accepted.Notice().ID): 1,
		}, w.published())
	})
	t.Run("a lost answer places nothing twice", func(t *testing.T) {
		w := newWorld(t)
		w.sync("rye", 5)
		w.firestore.Faults.Add(fault.Rule{Method: "Commit", Times: 1, Code: codes.Unavailable, After: true})
		for {
			_, _, err := w.orders.Place(t.Context(), of("o", "rye", 1))
			if err == nil {
				break
			}
			require.ErrorIs(t, err, docs.ErrUnavailable)
		}
		require.EqualValues(t, 1, w.shelf("rye").Held)
	})
}

func TestChangesThatRaceAreOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 5)
	_, _, err := w.orders.Place(t.Context(), of("o", "rye", 1))
	require.NoError(t, err)
	var won atomic.Int64
	var g errgroup.Group
	for _, c := range []struct {
		role   order.Role
		change order.Change
	}{
		{order.Shop, order.Change{Action: order.Accept}},
		{order.Shop, order.Change{Action: order.Reject, Reason: "closing"}},
		{order.Customer, order.Change{Action: order.Cancel, Reason: "late"}},
	} {
		g.Go(func() error {
			_, err := w.do("o", c.role, c.change)
			if err == nil {
				won.Add(1)
			} else if errors.Is(err, order.ErrRefused) {
				err = nil
			}
			return err
		})
	}
	require.NoError(t, g.Wait())
	require.EqualValues(t, 1, won.Load())
	o, err := w.orders.Get(t.Context(), "o")
	require.NoError(t, err)
	require.Equal(t, 2, o.Version)
}

func TestWhatGoesWithAnOrderIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 5)
	grants := docs.In[map[string]any](w.db, "grants")
	_, _, err := w.orders.Place(t.Context(), of("a", "rye", 1), grants.Create("ann", map[string]any{"by": "a"}))
	require.NoError(t, err)
	_, _, err = w.orders.Place(t.Context(), of("b", "rye", 1), grants.Create("ann", map[string]any{"by": "b"}))
	require.ErrorIs(t, err, docs.ErrExists)
	require.EqualValues(t, 1, w.shelf("rye").Held)
}

func TestWhatGoesWithAChangeIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 5)
	_, _, err := w.orders.Place(t.Context(), of("o1", "rye", 1))
	require.NoError(t, err)
	uses := docs.In[map[string]int](w.db, "uses")
	require.NoError(t, w.db.Commit(t.Context(), uses.Set("ann", map[string]int{"used": 7})))
	meanwhile := sync.OnceFunc(func() {
		require.NoError(t, w.db.Commit(t.Context(), uses.Set("ann", map[string]int{"used": 8})))
	})
	_, err = w.orders.Change(t.Context(), "o1", func(o order.Order) (order.Order, error) {
		return o.Do(order.Change{Action: order.Cancel, Reason: "changed my mind"}, order.Actor{Role: order.Customer, ID: "ann"}, time.Now())
	}, func(ctx context.Context, before, after order.Order) ([]docs.Write, error) {
		require.Equal(t, []order.State{order.Placed, order.Cancelled}, []order.State{before.State, after.State})
		l := uses.Lookup("ann")
		require.NoError(t, w.db.Fetch(ctx, l))
		meanwhile()
		return []docs.Write{uses.Update(l, docs.Field{Path: []string{"used"}, Value: l.Data["used"] - 1})}, nil
	})
	require.NoError(t, err)
	left, err := uses.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"used": 7}, left, "of what others made of it meanwhile")
}

func TestListsArePagedAndBounded(t *testing.T) {
	w := newWorld(t)
	w.sync("rye", 50)
	for i := range 7 {
		_, _, err := w.orders.Place(t.Context(), of(fmt.Sprint("o", i), "rye", 1)) // all at the same time
		require.NoError(t, err)
	}
	_, err := w.do("o3", order.Shop, order.Change{Action: order.Accept})
	require.NoError(t, err)
	for name, q := range map[string]orderdb.Query{
		"all": {}, "a customer's": {Customer: "ann"}, "a shop's": {Shop: "bakery"}, "a zone's": {Zone: "malta"},
		"a shop's that are open": {Shop: "bakery", Open: true},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[order.ID]bool{}
			q.Limit = 3
			for pages := 1; ; pages++ {
				found, err := w.orders.List(t.Context(), q)
				require.NoError(t, err)
				for _, o := range found {
					require.False(t, seen[o.ID])
					seen[o.ID] = true
				}
				if len(found) < q.Limit {
					require.Equal(t, 3, pages)
					break
				}
				last := found[len(found)-1]
				q.After = docs.Place{At: last.PlacedAt, ID: string(last.ID)}
			}
			require.Len(t, seen, 7)
		})
	}
	found, err := w.orders.List(t.Context(), orderdb.Query{Customer: "ann", State: order.Accepted, Limit: 3})
	require.NoError(t, err)
	require.Len(t, found, 1)
}
