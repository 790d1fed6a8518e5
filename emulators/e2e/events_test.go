package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/firestore"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/pubsub"
	"lastmile/emulators/race"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
)

// crash is how a handler ends badly.
type crash int

const (
	none crash = iota
	failBefore
	panicBefore
	failAfter
	panicAfter
)

// crashOf lets one delivery in twenty end badly, in one of four ways: the same ones
// whenever the test runs.
func crashOf(ctx context.Context, id event.ID) crash {
	h := fnv.New64a()
	fmt.Fprint(h, id, function.Attempt(ctx)) // cannot fail
	dice := rand.New(rand.NewPCG(h.Sum64(), 1))
	if dice.IntN(20) > 0 {
		return none
	}
	return crash(1 + dice.IntN(4))
}

var errCrash = errors.New("crash")

// around runs commit with the crash before or after it.
func (c crash) around(commit func() error) error {
	switch c {
	case failBefore:
		return errCrash
	case panicBefore:
		panic(errCrash)
	}
	err := commit()
	switch {
	case err != nil:
		return err
	case c == failAfter:
		return errCrash
	case c == panicAfter:
		panic(errCrash)
	}
	return nil
}

// poisoned events are refused for good until the function is mended.
const poisoned = 500

// counter counts each event in one of some documents, once, and publishes what
// follows. A count that is doubled or lost cannot be mended later.
func counter(p *plant, mended *atomic.Bool) *handlers {
	h := &handlers{spec: function.Spec{Name: "counter", Publishes: []event.Event{&followed{}}}}
	h.counted = func(ctx context.Context, e counted) error {
		if e.N%poisoned == 0 && !mended.Load() {
			return fmt.Errorf("%w: poison", function.ErrPermanent)
		}
		sums := docs.In[amount](p.db, "counted")
		return crashOf(ctx, e.ID).around(func() error {
			return p.db.Commit(ctx,
				docs.Once("counter", e.ID),
				sums.Merge(fmt.Sprint(e.N%64), map[string]any{"n": firestore.Increment(1)}),
				docs.Emit(&followed{Header: event.Header{ID: event.DeriveID("followed", string(e.ID))}, N: e.N}),
			)
		})
	}
	return h
}

// follower keeps a document for each event: a repeat writes the same again.
func follower(p *plant) *handlers {
	h := &handlers{spec: function.Spec{Name: "follower"}}
	h.followed = func(ctx context.Context, e followed) error {
		return crashOf(ctx, e.ID).around(func() error {
			return p.db.Commit(ctx, docs.In[amount](p.db, "followed").Set(fmt.Sprint(e.N), amount{N: 1}))
		})
	}
	return h
}

// loseAnswers has Firestore fail one commit in a hundred, half of them after the
// commit was made.
func loseAnswers(i *fault.Injector, commits int) {
	for n := range commits / 100 {
		i.Add(fault.Rule{Method: "Commit", Code: codes.Internal, Skip: 100 * (n + 1), Times: 1, After: n%2 == 0})
	}
}

func TestEventsCountOnceWhateverHappens(t *testing.T) {
	events := race.Fewer(10_000, 1500)
	p := newPlant(t)
	var mended atomic.Bool
	p.deploy(t, counter(p, &mended))
	p.deploy(t, follower(p))
	p.PubSub.Deliveries.Set(pubsub.Trouble{Seed: 1, Duplicate: 0.05, Reorder: 0.3, DropAck: 0.02})
	loseAnswers(p.Firestore.Faults, 2*events)

	publishCounted(t, p, events)
	p.settle(t)
	letters := events / poisoned
	require.Equal(t, events-letters, p.sum(t, "counted"))
	require.Equal(t, events-letters, p.sum(t, "followed"))

	p.Firestore.Faults.Reset()
	mended.Store(true)
	replayLetters(t, p, letters)
	p.settle(t)
	require.Equal(t, events, p.sum(t, "counted"), "an event was lost or counted twice")
	require.Equal(t, events, p.sum(t, "followed"), "what followed from an event was lost")
}

// publishCounted publishes events in an order of chance, one in ten a second time.
func publishCounted(t *testing.T, p *plant, n int) {
	t.Helper()
	dice := rand.New(rand.NewPCG(7, 7))
	var all []event.Event
	for i := range n {
		times := 1
		if dice.IntN(10) == 0 {
			times = 2
		}
		for range times {
			all = append(all, &counted{Header: event.Header{ID: event.DeriveID("counted", fmt.Sprint(i))}, N: i, Shop: fmt.Sprint(i % 8)})
		}
	}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	require.NoError(t, p.bus.Publish(t.Context(), all...))
}

// replayLetters replays the dead letters of the counter by the API, of which
// there must be n.
func replayLetters(t *testing.T, p *plant, n int) {
	t.Helper()
	var answer struct{ Replayed int }
	status := p.call(t, http.MethodPost, "/v1/deadletters/replay?function=counter", nil, &answer)
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, n, answer.Replayed, "every event that was refused is a letter, once")
}
