package realtime_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

func TestPublishReachesWhoHoldsTheAudience(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, b, functions := w.node(), w.node(), w.publisher()
		a.attach(t, ann, realtime.Place{})
		b.attach(t, bob, realtime.Place{})
		b.attach(t, door, realtime.Place{})

		require.Equal(t, 1, publish(t, functions, ann, "note", 1).Reached)
		require.Equal(t, 1, publish(t, functions, bob, "note", 2).Reached)
		require.Equal(t, 1, publish(t, functions, door, "courier.moved", 3).Reached)
		require.Equal(t, 1, publish(t, a.Publisher, door, "note", 4).Reached)
		require.Equal(t, 1, publish(t, b.Publisher, door, "courier.moved", 5).Reached, "it is here")
		require.Zero(t, publish(t, functions, realtime.Client("customer", "none"), "note", 6).Reached)

		eventually(t, "all arrive", func() bool { return len(a.got()) == 1 && len(b.got()) == 4 })
		require.Equal(t, []string{"1"}, a.got())
		require.ElementsMatch(t, []string{"2", "3", "4", "5"}, b.got())
	})
}

func TestPublishToEveryInstanceOfAnAudience(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, b := w.node(), w.node()
		a.attach(t, realtime.Role("operator"), realtime.Place{})
		b.attach(t, realtime.Role("operator"), realtime.Place{})
		p := w.publisher()
		for i := range 50 {
			require.Equal(t, 2, publish(t, p, realtime.Role("operator"), "note", i).Reached)
		}
		eventually(t, "both get all", func() bool { return len(a.got()) == 50 && len(b.got()) == 50 })
		require.Equal(t, a.got(), b.got())
		require.Equal(t, "0", a.got()[0])
		require.Equal(t, "49", a.got()[49])
	})
}

func TestAnEventWithAnIDCountsOnce(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		p := w.publisher()
		e := realtime.Event{Kind: "note", ID: "cause-1", Data: "x"}
		first, err := p.Publish(t.Context(), ann, e)
		require.NoError(t, err)
		again, err := p.Publish(t.Context(), ann, e)
		require.NoError(t, err)
		require.False(t, first.Repeated)
		require.True(t, again.Repeated)
		require.Equal(t, first.Number, again.Number)
		other, err := p.Publish(t.Context(), bob, e)
		require.NoError(t, err)
		require.False(t, other.Repeated, "another audience is another event")
	})
}

func TestALatestEventFollowsItsAudience(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, b, p := w.node(), w.node(), w.publisher()
		a.attach(t, door, realtime.Place{})
		publish(t, p, door, "courier.moved", 1)
		eventually(t, "the first arrives", func() bool { return len(a.got()) == 1 })
		a.leave(t, door)
		b.attach(t, door, realtime.Place{})
		publish(t, p, door, "courier.moved", 2) // p still believes in a, which sends it on
		eventually(t, "it is sent on", func() bool { return len(b.got()) == 1 })
		require.Equal(t, []string{"2"}, b.got())
	})
}

func TestALatestEventLooksAgainWhenAnInstanceIsGone(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		if w.opts.Lists {
			t.Skip("a list takes messages for a while after its instance is gone")
		}
		a, b, p := w.node(), w.node(), w.publisher()
		a.attach(t, door, realtime.Place{})
		publish(t, p, door, "courier.moved", 1)
		require.NoError(t, a.Close(t.Context()))
		b.attach(t, door, realtime.Place{})
		eventually(t, "it arrives, once Redis has noticed too", func() bool {
			publish(t, p, door, "courier.moved", 2)
			return len(b.got()) > 0
		})
	})
}

func TestThatNobodyIsThereIsBelievedForASecond(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, p := w.node(), w.publisher()
		require.Zero(t, publish(t, p, door, "courier.moved", 1).Reached)
		a.attach(t, door, realtime.Place{})
		require.Zero(t, publish(t, p, door, "courier.moved", 2).Reached)
		w.pass(time.Second)
		require.Equal(t, 1, publish(t, p, door, "courier.moved", 3).Reached)
	})
}

func TestASecondConnectionMissesNothingThatIsSentToTheFirst(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, b, c, p := w.node(), w.node(), w.node(), w.publisher()
		a.attach(t, ann, realtime.Place{})
		require.Equal(t, 1, publish(t, p, ann, "courier.moved", 0).Reached, "and p believes that while the clock stands still")
		b.attach(t, ann, realtime.Place{})
		c.attach(t, ann, realtime.Place{})
		for _, later := range []*host{b, c} {
			eventually(t, "it gets what p sends to a", func() bool {
				publish(t, p, ann, "courier.moved", 1)
				return len(later.got()) > 0
			})
		}
	})
}

func TestOrdersReachTheClient(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a := w.node()
		a.attach(t, ann, realtime.Place{})
		p := w.publisher()
		require.NoError(t, p.Disconnect(t.Context(), ann, "s1", "session revoked"))
		require.NoError(t, p.Revoke(t.Context(), ann, door))
		require.ErrorIs(t, p.Disconnect(t.Context(), ann, "", "two\nlines"), realtime.ErrInvalid)
		eventually(t, "both arrive", func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return len(a.delivered) == 2
		})
		require.Equal(t, realtime.Delivery{Op: realtime.Disconnect, To: ann, Key: "session revoked", Session: "s1", Frame: []byte{}}, a.delivered[0])
		require.Equal(t, realtime.Delivery{Op: realtime.Unsubscribe, To: ann, Key: "order:12", Frame: []byte{}}, a.delivered[1])
	})
}

func TestPublishRefuses(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr(), false)
	p := w.publisher()
	for name, tc := range map[string]struct {
		to    realtime.Audience
		event realtime.Event
		says  string
	}{
		"an unknown kind":        {ann, realtime.Event{Kind: "order.exploded"}, "not in the table of kinds"},
		"an audience without id": {realtime.Client("customer", ""), realtime.Event{Kind: "note"}, "kind:id"},
		"a name with a line":     {realtime.Topic("order", "1\n2"), realtime.Event{Kind: "note"}, "printable"},
		"a name without end":     {realtime.Topic("order", strings.Repeat("x", 200)), realtime.Event{Kind: "note"}, "160"},
		"a key with quotes":      {ann, realtime.Event{Kind: "courier.moved", Key: `a"b`}, "key"},
		"too much data":          {ann, realtime.Event{Kind: "note", Data: strings.Repeat("x", realtime.MaxData)}, "send a reference"},
		"data that is no JSON":   {ann, realtime.Event{Kind: "note", Data: func() {}}, "data of note"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Publish(t.Context(), tc.to, tc.event)
			require.ErrorIs(t, err, realtime.ErrInvalid)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

func TestTheTableOfKinds(t *testing.T) {
	for name, tc := range map[string]struct {
		kinds []realtime.Kind
		says  string
	}{
		"two of a name":            {[]realtime.Kind{{Name: "a"}, {Name: "a"}}, "twice"},
		"no name":                  {[]realtime.Kind{{}}, "needs a name"},
		"a fallback without a log": {[]realtime.Kind{{Name: "a", Fallback: "x"}}, "must be durable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := realtime.NewKinds(tc.kinds...)
			require.ErrorIs(t, err, realtime.ErrInvalid)
			require.ErrorContains(t, err, tc.says)
		})
	}
	_, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(t, err)
}
