package hub_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/gateway/hub"
)

// wire is a client that takes what it has room for.
type wire struct {
	mu     sync.Mutex
	cond   *sync.Cond
	room   int // bytes that it takes without waiting
	got    bytes.Buffer
	why    *hub.Close
	broken bool
}

func newWire(room int) *wire {
	w := &wire{room: room}
	w.cond = sync.NewCond(&w.mu)
	return w
}

func (w *wire) Format() hub.Format        { return hub.WebSocket }
func (w *wire) Encode(text []byte) []byte { return append(text[:len(text):len(text)], ' ') }

func (w *wire) TryWrite(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return 0, errors.New("broken pipe")
	}
	n := min(len(b), w.room)
	w.room -= n
	w.got.Write(b[:n])
	return n, nil
}

func (w *wire) WriteAll(batch [][]byte, by time.Time) error {
	timeout := time.AfterFunc(time.Until(by), w.cond.Broadcast)
	defer timeout.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range batch {
		for w.room < len(b) {
			if !time.Now().Before(by) {
				return errors.New("timeout")
			}
			w.cond.Wait()
		}
		w.room -= len(b)
		w.got.Write(b)
	}
	return nil
}

func (w *wire) Close(why hub.Close) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.why = &why
}

func (w *wire) widen(room int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room += room
	w.cond.Broadcast()
}

func (w *wire) words() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Fields(w.got.String())
}

func text(format string, args ...any) *hub.Frame {
	return hub.NewFrame(fmt.Appendf(nil, format, args...), "")
}

func ignore(*hub.Conn, string) {}

// joined is a connection in an audience that is up to date at epoch e, number 0.
func joined(h *hub.Hub, w *wire, name string) *hub.Conn {
	c := h.Open(w, nil)
	h.Join(c, name, "tag")
	c.CatchUp(name, hub.Past{From: hub.Place{Epoch: "e"}})
	return c
}

func at(n uint64) hub.Place { return hub.Place{Epoch: "e", Number: n} }

func TestEmit(t *testing.T) {
	h := hub.New(ignore)
	a, b := newWire(1000), newWire(1000)
	joined(h, a, "x")
	joined(h, b, "y")
	require.True(t, h.Emit("x", text("one")))
	require.True(t, h.Emit("y", text("two")))
	require.False(t, h.Emit("z", text("three")), "nobody is there")
	require.Equal(t, []string{"one"}, a.words())
	require.Equal(t, []string{"two"}, b.words())
}

func TestMembership(t *testing.T) {
	h := hub.New(ignore)
	a, b := h.Open(newWire(0), nil), h.Open(newWire(0), nil)
	require.Equal(t, "1", h.Join(a, "x", "1"))
	require.Equal(t, "1", h.Join(b, "x", "2"), "the first one gave it its tag")
	require.Equal(t, 2, h.Count("x"))
	_, last := h.Part(a, "x")
	require.False(t, last)
	tag, last := h.Part(b, "x")
	require.True(t, last)
	require.Equal(t, "1", tag)
	_, last = h.Part(b, "x")
	require.False(t, last, "only once")
	require.Equal(t, "3", h.Join(a, "x", "3"), "a new membership has a new tag")
	for name, tag := range h.Audiences() {
		require.Equal(t, []string{"x", "3"}, []string{name, tag})
	}
}

func TestNumberedFrames(t *testing.T) {
	for name, tc := range map[string]struct {
		deliver []hub.Place
		want    []string
		missing bool
	}{
		"the next ones are sent":          {[]hub.Place{at(1), at(2)}, []string{"1", "2"}, false},
		"a repeated one is dropped":       {[]hub.Place{at(1), at(1), at(2)}, []string{"1", "2"}, false},
		"an early one waits":              {[]hub.Place{at(1), at(3)}, []string{"1"}, true},
		"another epoch waits":             {[]hub.Place{at(1), {Epoch: "f", Number: 1}}, []string{"1"}, true},
		"what follows an early one waits": {[]hub.Place{at(2), at(3), at(4)}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			missing := 0
			h := hub.New(func(_ *hub.Conn, name string) {
				require.Equal(t, "x", name)
				missing++
			})
			w := newWire(1000)
			joined(h, w, "x")
			for _, p := range tc.deliver {
				h.EmitNumbered("x", p, text("%d", p.Number))
			}
			require.Equal(t, tc.want, append([]string(nil), w.words()...))
			require.Equal(t, tc.missing, missing == 1)
		})
	}
}

func TestTheLastOneOfAGapIsMissingOnce(t *testing.T) {
	h := hub.New(ignore)
	w := newWire(1000)
	c := joined(h, w, "x")
	h.EmitNumbered("x", at(4), text("4"))
	place, _, ok := c.Place("x")
	require.True(t, ok)
	require.Equal(t, at(0), place)
	require.True(t, c.CatchUp("x", hub.Past{From: at(0), Missed: []*hub.Frame{text("1"), text("2"), text("3"), text("4")}}))
	require.Equal(t, []string{"1", "2", "3", "4"}, w.words())
}

func TestThePastThatTwoBringIsSentOnce(t *testing.T) {
	h := hub.New(ignore)
	w := newWire(1000)
	c := joined(h, w, "x")
	first, _, _ := c.Place("x")
	second, _, _ := c.Place("x")
	require.True(t, c.CatchUp("x", hub.Past{From: first, Missed: []*hub.Frame{text("1"), text("2")}}))
	h.EmitNumbered("x", at(3), text("3"))
	require.True(t, c.CatchUp("x", hub.Past{From: second, Missed: []*hub.Frame{text("1")}}))
	h.EmitNumbered("x", at(4), text("4"))
	require.Equal(t, []string{"1", "2", "3", "4"}, w.words())
	require.True(t, c.CatchUp("x", hub.Past{From: at(2), Opening: []*hub.Frame{text("resync")}}))
	h.EmitNumbered("x", at(3), text("3"))
	require.Equal(t, []string{"resync", "3"}, w.words()[4:], "who is told to begin there does")
}

func TestAPlaceKnowsTheLastFrame(t *testing.T) {
	h := hub.New(ignore)
	c := joined(h, newWire(1000), "x")
	f := text("1")
	f.Sum = "of 1"
	h.EmitNumbered("x", at(1), f)
	sum := func() string {
		_, sum, _ := c.Place("x")
		return sum
	}
	require.Equal(t, "of 1", sum())
	c.CatchUp("x", hub.Past{From: at(1)})
	require.Equal(t, "of 1", sum(), "it has not moved")
	c.CatchUp("x", hub.Past{From: at(7)})
	require.Empty(t, sum(), "it has not seen what is there")
}

// A wire that never writes at once has to wait for its first byte.
func TestAPastThatIsMoreThanMayWaitGoesInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := strings.Repeat("x", 10_000)
		asked := make(chan string, 100)
		h := hub.New(func(_ *hub.Conn, name string) { asked <- name })
		w := newWire(0)
		c := h.Open(w, nil)
		h.Join(c, "x", "tag")
		past := hub.Past{From: at(0), Opening: []*hub.Frame{text("welcome")}}
		for n := range 200 {
			past.Missed = append(past.Missed, text("%d:%s", n+1, big))
		}
		require.True(t, c.CatchUp("x", past))
		h.EmitNumbered("x", at(201), text("201"))
		w.widen(10 << 20)
		for synctest.Wait(); len(asked) > 0; synctest.Wait() {
			require.Equal(t, "x", <-asked)
			from, _, _ := c.Place("x")
			c.CatchUp("x", hub.Past{From: from, Missed: past.Missed[from.Number:]})
		}
		require.Nil(t, w.why, "it does keep up")
		require.Len(t, w.words(), 202)
		for n, word := range w.words()[1:] {
			require.Equal(t, fmt.Sprint(n+1), strings.Split(word, ":")[0])
		}
	})
}

func TestWhatWaitsFromAnotherEpochAsksForThePastAgain(t *testing.T) {
	h := hub.New(ignore)
	w := newWire(1000)
	c := h.Open(w, nil)
	h.Join(c, "x", "tag")
	h.EmitNumbered("x", at(7), text("old"))
	renewed := hub.Past{From: hub.Place{Epoch: "f", Number: 2}}
	require.False(t, c.CatchUp("x", renewed))
	require.True(t, c.CatchUp("x", renewed))
	h.EmitNumbered("x", hub.Place{Epoch: "f", Number: 3}, text("new"))
	require.Equal(t, []string{"new"}, w.words())
}

// Whatever is lost, repeated or late on the way from the log to the hub, a
// connection is sent every number once and in order.
func TestOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := uint64(rapid.IntRange(1, 60).Draw(t, "total"))
		lacking := false
		h := hub.New(func(*hub.Conn, string) { lacking = true })
		w := newWire(1 << 20)
		c := h.Open(w, nil)
		h.Join(c, "x", "tag")
		logged := uint64(0)
		catchUp := func() {
			from, _, _ := c.Place("x")
			from.Epoch = "e"
			var missed []*hub.Frame
			for n := from.Number + 1; n <= logged; n++ {
				missed = append(missed, text("%d", n))
			}
			lacking = !c.CatchUp("x", hub.Past{From: from, Missed: missed})
		}
		for n := uint64(1); n <= total; n++ {
			logged = n
			switch rapid.SampledFrom([]string{"delivered", "lost", "twice", "caught up", "delivered late"}).Draw(t, "fate") {
			case "twice":
				h.EmitNumbered("x", at(n), text("%d", n))
				h.EmitNumbered("x", at(n), text("%d", n))
			case "delivered":
				h.EmitNumbered("x", at(n), text("%d", n))
			case "delivered late":
				catchUp()
				h.EmitNumbered("x", at(n), text("%d", n))
			case "caught up":
				h.EmitNumbered("x", at(n), text("%d", n))
				catchUp()
			}
		}
		for range 3 {
			catchUp()
		}
		require.False(t, lacking)
		var want []string
		for n := range total {
			want = append(want, fmt.Sprint(n+1))
		}
		require.Equal(t, want, w.words())
	})
}

func TestASlowConnectionGetsTheNewestOfEachKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(ignore)
		w := newWire(0)
		c := joined(h, w, "x")
		h.Emit("x", text("first"))
		synctest.Wait() // it is being written now
		for i := range 1000 {
			h.Emit("x", hub.NewFrame(fmt.Appendf(nil, "bob=%d", i), "bob"))
			h.Emit("x", hub.NewFrame(fmt.Appendf(nil, "cat=%d", i), "cat"))
		}
		h.Emit("x", text("last"))
		w.widen(1 << 20)
		h.Wait()
		require.Equal(t, []string{"first", "bob=999", "cat=999", "last"}, w.words())
		require.EqualValues(t, 1998, h.Counts().Replaced)
		c.Send(text("again"))
		require.Equal(t, "again", w.words()[4], "it is fast again")
	})
}

func TestAConnectionThatFallsTooFarBehindIsClosed(t *testing.T) {
	big := strings.Repeat("x", 10_000)
	for name, act := range map[string]func(h *hub.Hub, w *wire){
		"by bytes": func(h *hub.Hub, w *wire) {
			for i := range 40 {
				h.EmitNumbered("x", at(uint64(i+1)), text("%s", big))
			}
			w.widen(1 << 20)
		},
		"by time": func(h *hub.Hub, _ *wire) {
			h.Emit("x", text("%s", big))
			time.Sleep(6 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hub.New(ignore)
				w := newWire(5)
				joined(h, w, "x")
				act(h, w)
				h.Wait()
				require.NotNil(t, w.why)
				require.Equal(t, hub.CodeSlow, w.why.Code)
				require.EqualValues(t, 1, h.Counts().Slow)
				sent := len(w.words())
				h.Emit("x", text("more"))
				require.Len(t, w.words(), sent, "nothing follows the end")
			})
		})
	}
}

func TestCloseGoesAfterWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(ignore)
		w := newWire(2)
		c := joined(h, w, "x")
		c.Send(text("hello"))
		c.Close(hub.Close{Code: hub.CodeMoved})
		c.Close(hub.Close{Code: hub.CodeSlow})
		synctest.Wait()
		require.Nil(t, w.why)
		w.widen(100)
		h.Wait()
		require.Equal(t, []string{"hello"}, w.words())
		require.Equal(t, hub.CodeMoved, w.why.Code, "the first reason counts")
	})
}

func TestABrokenWireEndsItsConnectionOnly(t *testing.T) {
	h := hub.New(ignore)
	a, b := newWire(100), newWire(100)
	joined(h, a, "x")
	joined(h, b, "x")
	a.broken = true
	h.Emit("x", text("hello"))
	require.Equal(t, hub.CodeGone, a.why.Code)
	require.Equal(t, []string{"hello"}, b.words())
}
