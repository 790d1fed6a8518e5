package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/assign"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/event"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func search() dispatch.Dispatch {
	return dispatch.New(assign.Order{ID: "o1", Shop: "bakery", Zone: "valletta"}, "cy", noon)
}

// asked is d after a round that asked these couriers, for half a minute.
func asked(d dispatch.Dispatch, now time.Time, couriers ...string) dispatch.Dispatch {
	expires := now.Add(30 * time.Second)
	offer := assign.Offer{Orders: []string{d.Order}, Couriers: couriers, Expires: expires, Pickup: now.Add(5 * time.Minute), Door: []time.Time{now.Add(15 * time.Minute)}}
	return d.Decided(assign.Entry{Order: d.Order, Outcome: assign.Offered, Due: expires}, []assign.Offer{offer}, dispatch.Standard(), 1, now)
}

func TestAccept(t *testing.T) {
	offered := asked(search(), noon, "ada", "bob")
	taken, err := offered.Accept("ada", noon)
	require.NoError(t, err)
	withdrawn, err := taken.Withdraw("ada", noon)
	require.NoError(t, err)
	pinned, err := offered.Pin("eve", noon)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		search dispatch.Dispatch
		by     string
		after  time.Duration
		err    error
	}{
		"an open offer":                         {offered, "ada", 0, nil},
		"a moment before it expires":            {offered, "ada", 30*time.Second - 1, nil},
		"the moment it expires":                 {offered, "ada", 30 * time.Second, dispatch.ErrExpired},
		"without an offer":                      {offered, "eve", 0, dispatch.ErrNotOffered},
		"after another":                         {taken, "bob", 0, dispatch.ErrTaken},
		"again, by whoever has it":              {taken, "ada", time.Hour, nil},
		"what one gave back":                    {withdrawn, "ada", 0, dispatch.ErrExpired},
		"what one was offered before that":      {withdrawn, "bob", 0, dispatch.ErrExpired},
		"what an operator gave to another":      {pinned, "ada", 0, dispatch.ErrTaken},
		"what was cancelled":                    {offered.Cancel(noon), "ada", 0, dispatch.ErrOver},
		"what was delivered by somebody else":   {taken.Complete(noon), "bob", 0, dispatch.ErrOver},
		"what was rejected, as a round noticed": {rejected(offered, "ada"), "ada", 0, dispatch.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.search.Accept(test.by, noon.Add(test.after))
			require.ErrorIs(t, err, test.err)
		})
	}
}

func rejected(d dispatch.Dispatch, courier string) dispatch.Dispatch {
	o, _ := d.OfferTo(courier)
	d, _ = d.Refresh([]dispatch.Answer{o.Answer(noon)}, noon)
	return d
}

func TestAStallReopensOnlyWhatIsDue(t *testing.T) {
	taken, err := asked(search(), noon, "ada").Accept("ada", noon)
	require.NoError(t, err)
	_, stalled := taken.Stall(taken.Due.Add(-1))
	require.False(t, stalled, "not yet")
	again, stalled := taken.Stall(taken.Due)
	require.True(t, stalled)
	require.Equal(t, 2, again.Gen)
	require.Equal(t, dispatch.Waiting, again.State)
	_, stalled = taken.PickUp("ada", noon, noon).Stall(taken.Due.Add(time.Hour))
	require.False(t, stalled, "it is in the bag")
	pinned, err := taken.Pin("ada", noon)
	require.NoError(t, err)
	_, stalled = pinned.Stall(taken.Due.Add(time.Hour))
	require.False(t, stalled, "an operator decided so")
}

func TestWhoHasItInTheBagCarriesItThoughItWasTakenAway(t *testing.T) {
	taken, err := asked(search(), noon, "ada").Accept("ada", noon)
	require.NoError(t, err)
	again, _ := taken.Stall(taken.Due)
	again = asked(again, taken.Due, "bob")
	d := again.PickUp("ada", taken.Due, taken.Due)
	require.Equal(t, dispatch.Carried, d.State)
	require.Equal(t, "ada", d.Winner)
	require.False(t, d.Manual)
	require.Empty(t, d.Asked)
	_, err = d.Accept("bob", taken.Due)
	require.ErrorIs(t, err, dispatch.ErrTaken)
	require.Equal(t, d, d.PickUp("bob", taken.Due, taken.Due), "it is picked up once")
}

func TestASearchIsGivenUpAfterItsRounds(t *testing.T) {
	s := dispatch.Standard()
	s.Rounds = 3
	d := search()
	for range 3 {
		require.Equal(t, dispatch.Waiting, d.State)
		d = d.Decided(assign.Entry{Outcome: assign.Unmatched, Due: noon}, nil, s, 1, noon)
	}
	require.Equal(t, dispatch.Unassigned, d.State)
	again, err := d.Retry(noon)
	require.NoError(t, err)
	require.Equal(t, dispatch.Waiting, again.State)
	held := search()
	for range 9 {
		held = held.Decided(assign.Entry{Outcome: assign.Held, Due: noon}, nil, s, 1, noon)
	}
	require.Equal(t, dispatch.Waiting, held.State, "what waits for its time is not given up")
}

func TestFacts(t *testing.T) {
	offered := asked(search(), noon, "ada", "bob")
	taken, err := offered.Accept("ada", noon)
	require.NoError(t, err)
	withdrawn, err := taken.Withdraw("ada", noon)
	require.NoError(t, err)
	expired, _ := offered.Refresh(nil, noon.Add(time.Minute))
	for name, test := range map[string]struct {
		before, after dispatch.Dispatch
		blame         string
		at            time.Duration
		want          []string
	}{
		"who accepts, and not who was too slow": {offered, taken, "", 0, []string{"ada acceptance 100 "}},
		"who lets an offer lapse":               {offered, expired, "", time.Minute, []string{"ada acceptance 0 ", "bob acceptance 0 "}},
		"who gives an order back":               {taken, withdrawn, "", 0, []string{"ada completion 0 "}},
		"whose order is cancelled by others":    {taken, taken.Cancel(noon), "customer", 0, []string{"ada completion 0 customer"}},
		"who is on time":                        {taken, taken.Complete(noon), "merchant", 20 * time.Minute, []string{"ada completion 100 ", "ada on_time 100 "}},
		"who is late":                           {taken, taken.Complete(noon), "", 20*time.Minute + 1, []string{"ada completion 100 ", "ada on_time 0 "}},
		"who is late as the shop was":           {taken, taken.Complete(noon), "merchant", time.Hour, []string{"ada completion 100 ", "ada on_time 0 merchant"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range test.before.Facts(test.after, test.blame, noon.Add(test.at)) {
				f := e.(*event.CourierFact)
				require.NoError(t, f.Validate())
				got = append(got, fmt.Sprint(f.Courier, " ", f.Dimension, " ", f.Good, " ", f.Cause))
			}
			require.Equal(t, test.want, got)
		})
	}
}

// A search survives whatever is done to it in whatever sequence: it has a winner
// only while somebody carries it or brought it, nobody can accept what is not
// waiting, and neither generations nor versions go back.
func TestNothingThatHappensBreaksASearch(t *testing.T) {
	couriers := []string{"ada", "bob", "eve"}
	rapid.Check(t, func(t *rapid.T) {
		d, now := search(), noon
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			by := rapid.SampledFrom(couriers).Draw(t, "courier")
			after := step(rapid.IntRange(0, 10).Draw(t, "what"), d, by, now)
			require.GreaterOrEqual(t, after.Version, d.Version)
			require.GreaterOrEqual(t, after.Gen, d.Gen)
			if d.Manual && after.Winner != d.Winner {
				require.True(t, after.State == dispatch.Waiting || after.Manual || !after.PickedUp.IsZero(), "only an operator, or a courier, undoes what an operator decided")
			}
			if !d.Open {
				require.Equal(t, d.State, after.State, "an end is the end")
			}
			d = after
			require.Equal(t, d.State == dispatch.Carried, d.Winner != "" && d.Open)
			for _, c := range couriers {
				if d.OpenTo(c, now) {
					require.Equal(t, dispatch.Waiting, d.State)
				}
			}
			accepted := 0
			for _, o := range d.Offers {
				if o.State == dispatch.Accepted {
					accepted++
					require.Equal(t, d.Winner, o.Courier)
				}
			}
			require.LessOrEqual(t, accepted, 1)
		}
	})
}

// step does one of all that can happen; what is refused changes nothing.
func step(what int, d dispatch.Dispatch, by string, now time.Time) dispatch.Dispatch {
	after, err := d, error(nil)
	switch what {
	case 0, 1, 2:
		after, err = d.Accept(by, now)
	case 3, 4:
		if !d.AnyOpen(now) && !slices.Contains(d.Asked, by) {
			after = asked(d, now, by)
		}
	case 5:
		after, err = d.Withdraw(by, now)
	case 6:
		after, _ = d.Stall(now)
	case 7:
		after, err = d.Pin(by, now)
	case 8:
		after, _ = d.Refresh(nil, now)
	case 9:
		after = d.PickUp(by, now, now)
	case 10:
		after = d.Complete(now)
	}
	if err != nil {
		return d
	}
	return after
}
