package assign_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	assignfn "lastmile/functions/assign"
	"lastmile/shared/assign"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/order"
)

// offered is a world in which an order is offered to ada and bob.
func offered(t *testing.T) *world {
	w := newWorld(t)
	w.hire(t, "ada", "bob")
	w.order(t, "o1")
	w.settle(t)
	require.NotEmpty(t, w.open(t, "o1"))
	return w
}

// carried is a world in which ada carries an order.
func carried(t *testing.T) *world {
	w := newWorld(t)
	w.hire(t, "ada")
	w.order(t, "o1")
	w.settle(t)
	require.NoError(t, w.accept("o1", "ada"))
	w.settle(t)
	require.Equal(t, []string{"o1"}, w.load(t, "ada"))
	return w
}

func TestAnOfferThatNobodyAnswersExpiresAndOthersAreAsked(t *testing.T) {
	w := offered(t)
	first := w.open(t, "o1")
	w.pass(t, 30*time.Second)
	w.hire(t, "eve")
	w.pass(t, 15*time.Second)
	for _, c := range first {
		o, _ := w.search(t, "o1").OfferTo(c)
		require.Equal(t, dispatch.Expired, o.State)
		require.ErrorIs(t, w.accept("o1", c), dispatch.ErrExpired)
	}
	require.Contains(t, w.open(t, "o1"), "eve")
	require.Subset(t, []string{"bob", "eve"}, w.open(t, "o1"), "who let it pass is not asked again")
	require.Len(t, w.said("courier.fact.v1", "acceptance"), len(first))
}

func TestAnOrderWithoutCouriersIsGivenUpAndAlarmed(t *testing.T) {
	w := newWorld(t)
	w.set(t, func(s *dispatch.Settings) { s.Rounds = 3 })
	w.order(t, "o1")
	w.settle(t)
	for range 2 {
		require.Equal(t, dispatch.Waiting, w.search(t, "o1").State)
		w.pass(t, 15*time.Second)
	}
	require.Equal(t, dispatch.Unassigned, w.search(t, "o1").State)
	require.Len(t, w.said("client.notice.v1", "order.unassigned"), 1)
	require.Contains(t, w.log.String(), `"unassigned":true`, "what alerts are made of")

	w.hire(t, "ada")
	require.NoError(t, w.change("o1", func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Retry(w.time()) }))
	w.settle(t)
	require.Equal(t, []string{"ada"}, w.open(t, "o1"), "an operator has it tried again")
}

func TestWhoWithdrawsMakesRoomForAnother(t *testing.T) {
	w := carried(t)
	w.hire(t, "bob")
	require.NoError(t, w.withdraw("o1", "ada"))
	w.settle(t)
	require.Empty(t, w.load(t, "ada"))
	require.Equal(t, []string{"bob"}, w.open(t, "o1"))
	o, err := w.parts.Orders.Get(t.Context(), "o1")
	require.NoError(t, err)
	require.Empty(t, o.Courier)
	require.Len(t, w.said("courier.fact.v1", "completion"), 1, "it counts against who withdrew")
}

func TestAnOrderThatStandsStillGoesToAnother(t *testing.T) {
	w := carried(t)
	due := w.search(t, "o1").Due
	w.pass(t, due.Sub(w.time())-time.Second)
	require.Equal(t, "ada", w.search(t, "o1").Winner)
	w.hire(t, "bob")
	w.pass(t, time.Second)
	require.Empty(t, w.load(t, "ada"))
	require.Equal(t, []string{"bob"}, w.open(t, "o1"))
	require.Contains(t, w.log.String(), "stood still")
	require.ErrorIs(t, w.accept("o1", "ada"), dispatch.ErrExpired)
}

// pickedUpAnyway is a world in which o1 was taken away from ada, who picked it up
// before she could know.
func pickedUpAnyway(t *testing.T) *world {
	t.Helper()
	w := carried(t)
	w.hire(t, "bob")
	require.NoError(t, w.withdraw("o1", "ada"))
	require.NoError(t, w.does("o1", order.Change{Action: order.PickUp}, order.Courier, "ada"), "the order does not know yet")
	return w
}

func TestWhoPicksUpWhatWasJustTakenAwayHasIt(t *testing.T) {
	w := pickedUpAnyway(t)
	w.settle(t)
	require.Equal(t, "ada", w.search(t, "o1").Winner)
	require.Equal(t, []string{"o1"}, w.load(t, "ada"))
	require.ErrorIs(t, w.accept("o1", "bob"), dispatch.ErrNotOffered)
}

func TestWhoLosesAnOrderThatAnotherHasInTheBagIsNotToBlame(t *testing.T) {
	w := pickedUpAnyway(t)
	require.NoError(t, w.change("o1", func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Pin("bob", w.time()) }))
	w.settle(t)
	require.Equal(t, "ada", w.search(t, "o1").Winner)
	lost := w.said("courier.fact.v1", `"courier":"bob"`)
	require.Len(t, lost, 1)
	require.Contains(t, lost[0], `"cause":"app"`)
}

func TestAnEventThatWasMissedDoesNotMatter(t *testing.T) {
	tests := map[string]struct {
		change order.Change
		by     order.Role
		state  dispatch.State
	}{
		"an order that was cancelled needs nobody":   {order.Change{Action: order.Cancel, Reason: "out of flour"}, order.Shop, dispatch.Cancelled},
		"an order in the bag stays with its courier": {order.Change{Action: order.PickUp}, order.Courier, dispatch.Carried},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := carried(t)
			require.NoError(t, w.does("o1", test.change, test.by, "ada"))
			w.lose()
			w.pass(t, 5*time.Hour)
			require.Equal(t, test.state, w.search(t, "o1").State)
			require.Empty(t, w.said("courier.fact.v1", `"completion","good":0,"trials":100,"cause":""`))
			for _, offer := range w.search(t, "o1").Offers {
				require.NotEqual(t, dispatch.Stalled, offer.State)
			}
		})
	}
}

func TestAnOrderThatIsCancelledJustBeforeItsSearchBeginsNeedsNobody(t *testing.T) {
	w := newWorld(t)
	w.hire(t, "ada")
	w.order(t, "o1")
	require.NoError(t, w.does("o1", order.Change{Action: order.Cancel, Reason: "out of flour"}, order.Shop, "bakery"))
	require.NoError(t, w.deliver(), "there is no search to end")
	began, err := w.parts.Searches.Start(t.Context(), dispatch.New(assign.Order{ID: "o1", Zone: "valletta", Pickup: bakery}, "cy", w.time()))
	require.NoError(t, err)
	require.True(t, began, "by a call that read the order before")
	w.settle(t)
	require.Equal(t, dispatch.Cancelled, w.search(t, "o1").State)
	require.Empty(t, w.said("client.notice.v1", "offer.made"))
}

func TestWhoTellsAnOrderLateTellsWhoHasItNow(t *testing.T) {
	w := offered(t)
	require.NoError(t, w.accept("o1", "ada"))
	late, hurry := w.parts, sync.OnceFunc(func() {
		require.NoError(t, w.change("o1", func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Pin("bob", w.time()) }))
		w.settle(t)
	})
	late.Now = func() time.Time { hurry(); return w.time() }
	require.NoError(t, assignfn.New(late).Dispatched(t.Context(), event.DispatchChanged{Order: "o1"}))
	o, err := w.parts.Orders.Get(t.Context(), "o1")
	require.NoError(t, err)
	require.Equal(t, "bob", o.Courier)
}

func TestWhatNeverStalls(t *testing.T) {
	for name, change := range map[string]func(w *world) error{
		"an order in the bag": func(w *world) error { return w.does("o1", order.Change{Action: order.PickUp}, order.Courier, "ada") },
		"an operator's decision": func(w *world) error {
			return w.change("o1", func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return d.Pin("ada", w.time()) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := carried(t)
			require.NoError(t, change(w))
			w.settle(t)
			w.pass(t, 5*time.Hour)
			require.NoError(t, w.Sweep(t.Context()))
			w.settle(t)
			require.Equal(t, []string{"o1"}, w.load(t, "ada"))
		})
	}
}

func TestACancelledOrderIsNobodys(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *world{"offered": offered, "carried": carried} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			require.NoError(t, w.does("o1", order.Change{Action: order.Cancel, Reason: "out of flour"}, order.Shop, "bakery"))
			w.settle(t)
			d := w.search(t, "o1")
			require.Equal(t, dispatch.Cancelled, d.State)
			require.Empty(t, d.Asked)
			require.Empty(t, w.load(t, "ada"))
			require.Len(t, w.said("client.notice.v1", "offer.closed"), 1)
			require.ErrorIs(t, w.accept("o1", "nobody"), dispatch.ErrNotOffered)
		})
	}
}

func TestTheSweepDoesWhatALostTimerWouldHave(t *testing.T) {
	w := offered(t)
	w.mu.Lock()
	w.deaf = true
	w.mu.Unlock()
	w.pass(t, 31*time.Second)
	require.NoError(t, w.Sweep(t.Context()))
	require.NotEmpty(t, w.search(t, "o1").Asked, "a timer may be a little late")
	w.pass(t, 30*time.Second)
	require.NoError(t, w.Sweep(t.Context()))
	for _, o := range w.search(t, "o1").Offers[:1] {
		require.Equal(t, dispatch.Expired, o.State)
	}
	require.Contains(t, w.log.String(), `"repaired":1`)
}

func TestATimerOfAnOlderVersionDoesNothing(t *testing.T) {
	w := carried(t)
	before := w.search(t, "o1")
	w.pass(t, 30*time.Second)
	w.mu.Lock()
	calls := w.calls
	w.mu.Unlock()
	require.NotEmpty(t, calls, "that of the offer")
	for _, c := range calls {
		require.NoError(t, w.Due(t.Context(), c))
	}
	w.settle(t)
	require.Equal(t, before, w.search(t, "o1"))
}

func TestAZonesRoundExpectsWhatCameLately(t *testing.T) {
	w := newWorld(t)
	w.set(t, func(s *dispatch.Settings) { s.Mode, s.AheadMins = dispatch.WholeZone, 10 })
	w.hire(t, "ada", "bob")
	expects := func(id string) []assign.Order {
		w.order(t, id)
		w.settle(t)
		w.pass(t, 15*time.Second)
		refs, err := w.parts.Searches.RoundsOf(t.Context(), id, "", docs.Place{}, 1)
		require.NoError(t, err)
		require.Len(t, refs, 1)
		r, err := w.parts.Searches.Round(t.Context(), refs[0].ID)
		require.NoError(t, err)
		require.Equal(t, r.Decision, assign.Decide(r.Input), "it can be replayed")
		return r.Input.Expected
	}
	require.Len(t, expects("o1"), 1)
	second := expects("o2")
	require.Len(t, second, 2)
	require.Equal(t, noon.Add(10*time.Minute), second[1].Placed, "the first comes again")
	w.pass(t, 10*time.Minute)
	require.Len(t, expects("o3"), 1, "what is long ago does not")
}
