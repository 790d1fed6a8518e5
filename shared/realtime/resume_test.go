package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

func TestResume(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		p, a, b := w.publisher(), w.node(), w.node()
		start := a.attach(t, ann, realtime.Place{}).Newest
		for i := range 5 {
			publish(t, p, ann, "note", i)
		}
		a.leave(t, ann)

		r := b.attach(t, ann, realtime.Place{Epoch: start.Epoch, Number: 2})
		require.False(t, r.Gap)
		require.Equal(t, []string{"2", "3", "4"}, payloads(r.Missed))
		require.Equal(t, realtime.Place{Epoch: start.Epoch, Number: 5}, r.Newest)

		require.True(t, b.attach(t, ann, realtime.Place{Epoch: "another", Number: 2}).Gap, "the epoch is not ours")
		require.True(t, b.attach(t, ann, realtime.Place{Epoch: start.Epoch, Number: 6}).Gap, "we never came so far")
		require.Empty(t, b.attach(t, ann, realtime.Place{Epoch: start.Epoch, Number: 5}).Missed)

		require.Len(t, b.attach(t, ann, realtime.Place{}).Missed, 5, "nothing was acknowledged")
		b.Ack(ann, realtime.Place{Epoch: start.Epoch, Number: 4})
		eventually(t, "the acknowledgement counts", func() bool { return len(b.attach(t, ann, realtime.Place{}).Missed) == 1 })

		for i := range 600 {
			publish(t, p, ann, "note", i)
		}
		r = b.attach(t, ann, realtime.Place{Epoch: start.Epoch, Number: 5})
		require.True(t, r.Gap, "the log does not reach so far back")
		require.Empty(t, r.Missed)
		require.EqualValues(t, 605, r.Newest.Number)
		require.Len(t, b.attach(t, ann, realtime.Place{Epoch: start.Epoch, Number: 405}).Missed, 200)
	})
}

func TestATopicGoesOnFromNow(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		p, a := w.publisher(), w.node()
		publish(t, p, door, "note", 1)
		r := a.attach(t, door, realtime.Place{})
		require.Empty(t, r.Missed)
		require.EqualValues(t, 1, r.Newest.Number)
		a.leave(t, door)
		publish(t, p, door, "note", 2)
		require.Equal(t, []string{"2"}, payloads(a.attach(t, door, r.Newest).Missed))
	})
}

func TestConnections(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, b, watcher, p := w.node(), w.node(), w.node(), w.publisher()
		watcher.attach(t, realtime.PresenceOf(ann), realtime.Place{})
		_, err := a.Attach(t.Context(), realtime.Member{To: ann, Tag: "1"}, realtime.Member{To: ann, Tag: "2"})
		require.NoError(t, err)
		b.attach(t, ann, realtime.Place{})
		counts, err := p.Connections(t.Context(), ann, bob)
		require.NoError(t, err)
		require.Equal(t, []int{3, 0}, counts)

		b.leave(t, ann)
		require.NoError(t, a.Leave(t.Context(), realtime.Member{To: ann, Tag: "1"}, realtime.Member{To: ann, Tag: "2"}))
		counts, err = p.Connections(t.Context(), ann, bob)
		require.NoError(t, err)
		require.Equal(t, []int{0, 0}, counts)
		eventually(t, "who watches is told", func() bool { return len(watcher.got()) == 2 })
		require.Equal(t, []string{`{"client":"customer:ann","online":true}`, `{"client":"customer:ann","online":false}`}, watcher.got())
	})
}

func TestConnectionsOfManyTakeOneRoundTrip(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a, elsewhere := w.node(), newWorld(t, w.redis.Options().Addr, false)
		elsewhere.opts = w.opts
		p := elsewhere.publisher()
		var members []realtime.Member
		var clients []realtime.Audience
		var want []int
		for i := range 300 { // more than there are partitions
			client := realtime.Client("courier", fmt.Sprint(i))
			for tag := range i % 3 {
				members = append(members, realtime.Member{To: client, Tag: fmt.Sprint(tag)})
			}
			clients, want = append(clients, client), append(want, i%3)
		}
		_, err := a.Attach(t.Context(), members...)
		require.NoError(t, err)
		_, err = p.Connections(t.Context(), ann) // Redis learns the script
		require.NoError(t, err)
		s := &stuck{open: make(chan struct{})}
		close(s.open)
		elsewhere.redis.AddHook(s)
		counts, err := p.Connections(t.Context(), clients...)
		require.NoError(t, err)
		require.Equal(t, want, counts)
		require.EqualValues(t, 1, s.trips.Load())

		none, err := p.Connections(t.Context())
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

// phone is a Fallback that keeps notices, and fails on demand.
type phone struct {
	mu      sync.Mutex
	notices []realtime.Notice
	broken  bool
}

func (f *phone) Push(_ context.Context, n realtime.Notice) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errors.New("no network")
	}
	f.notices = append(f.notices, n)
	return nil
}

func (f *phone) got() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, n := range f.notices {
		all = append(all, fmt.Sprintf("%s %s %s", n.Kind, n.Text, n.Data))
	}
	return all
}

func TestFallback(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		f := &phone{}
		w.opts.Fallback = f
		p := w.publisher()

		publish(t, p, ann, "note", 0)
		require.Empty(t, f.got(), "its kind has no fallback")
		publish(t, p, ann, "message.sent", 1)
		require.Equal(t, []string{"message.sent You have a message 1"}, f.got(), "nobody is there: at once")

		a := newHost()
		a.Publisher = p
		var err error
		a.Node, err = realtime.Join(t.Context(), p, a, realtime.NodeOptions{Beat: time.Hour, Lease: time.Hour, Presence: time.Hour})
		require.NoError(t, err)
		defer a.Close(context.Background())
		epoch := a.attach(t, ann, realtime.Place{}).Newest.Epoch
		publish(t, p, ann, "message.sent", 2)
		publish(t, p, ann, "note", 3)
		publish(t, p, ann, "message.sent", 4)
		n, err := p.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, n, "it has time to acknowledge")

		a.Ack(ann, realtime.Place{Epoch: epoch, Number: 3})
		eventually(t, "the acknowledgement counts", func() bool { return len(a.attach(t, ann, realtime.Place{}).Missed) == 2 })
		w.pass(16 * time.Second)
		f.broken = true
		_, err = p.Sweep(t.Context())
		require.ErrorContains(t, err, "no network")
		f.broken = false
		n, err = p.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, n, "whoever tried has a while to try again")
		w.pass(31 * time.Second)
		n, err = p.Sweep(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, "message.sent You have a message 4", f.got()[1], "what was acknowledged is not pushed")

		w.pass(time.Hour)
		n, err = p.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, n, "once is enough")
		keys, err := w.redis.Keys(t.Context(), w.opts.Prefix+"*due").Result()
		require.NoError(t, err)
		require.Empty(t, keys)
	})
}

func TestAPublisherWithoutFallbackLeavesItToTheSweep(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		publish(t, w.publisher(), ann, "message.sent", 1)
		f := &phone{}
		w.opts.Fallback = f
		n, err := w.publisher().Sweep(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, "customer:ann", f.notices[0].Client.Name())
	})
}

// slowPhone takes its time for the first notice, until it is let go.
type slowPhone struct {
	phone
	begun, done chan struct{}
	others      atomic.Bool
}

func (f *slowPhone) Push(ctx context.Context, n realtime.Notice) error {
	if !f.others.Swap(true) {
		close(f.begun)
		<-f.done
	}
	return f.phone.Push(ctx, n)
}

func TestWhoPublishesWhileAnotherPushesLeavesItToThem(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		f := &slowPhone{begun: make(chan struct{}), done: make(chan struct{})}
		w.opts.Fallback = f
		p, q := w.publisher(), w.publisher()
		first := make(chan error, 1)
		go func() {
			_, err := p.Publish(t.Context(), ann, realtime.Event{Kind: "message.sent", Data: 1})
			first <- err
		}()
		<-f.begun
		publish(t, q, ann, "message.sent", 2)
		close(f.done)
		require.NoError(t, <-first)
		require.Equal(t, []string{"message.sent You have a message 1", "message.sent You have a message 2"}, f.got(), "each once, in order")
		n, err := q.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
		publish(t, q, ann, "message.sent", 3)
		require.Len(t, f.got(), 3, "they are done")
	})
}

func TestAPushThatFailsKeepsTheNextEventFromNobody(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		f := &phone{broken: true}
		w.opts.Fallback = f
		p := w.publisher()
		_, err := p.Publish(t.Context(), ann, realtime.Event{Kind: "message.sent", Data: 1})
		require.ErrorContains(t, err, "no network")
		f.broken = false
		publish(t, p, ann, "message.sent", 2)
		require.Equal(t, []string{"message.sent You have a message 1", "message.sent You have a message 2"}, f.got())
	})
}

func TestAnEventForADeadInstanceIsPushedAtOnce(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		if w.opts.Lists {
			t.Skip("a list takes messages for a while after its instance is gone")
		}
		dying := realtime.Connect(&redis.Options{Addr: w.redis.Options().Addr})
		kinds, err := realtime.NewKinds(realtime.Standard()...)
		require.NoError(t, err)
		doomed, err := realtime.NewPublisher(t.Context(), dying, kinds, w.opts)
		require.NoError(t, err)
		h := newHost()
		h.Node, err = realtime.Join(t.Context(), doomed, h, realtime.NodeOptions{Beat: time.Hour})
		require.NoError(t, err)
		h.attach(t, ann, realtime.Place{})

		f := &phone{}
		w.opts.Fallback = f
		p := w.publisher()
		require.Equal(t, 1, publish(t, p, ann, "message.sent", 1).Reached)
		require.Empty(t, f.got(), "it has time to acknowledge")
		require.NoError(t, dying.Close())
		defer h.Close(context.Background())
		eventually(t, "its channels are gone", func() bool { return publish(t, p, ann, "message.sent", 2).Reached == 0 })
		require.Equal(t, "message.sent You have a message 1", f.got()[0], "in order, with what was on its way")
		require.Equal(t, "message.sent You have a message 2", f.got()[len(f.got())-1])
	})
}
