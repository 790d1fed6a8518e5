package pubsub_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/pubsub"
)

// deliveries publishes 200 numbered messages into the given trouble, and returns how often
// each one was delivered, and in what order they first came.
func deliveries(t *testing.T, trouble pubsub.Trouble) (times map[string]int, order []string) {
	b := start(t, pubsub.Options{PushWindow: pubsub.PushWindow{Max: 1}, PushBackoff: pubsub.PushBackoff{Min: -1}})
	b.srv.Deliveries.Set(trouble)
	e := serve(t, always(200))
	b.topic(topicName)
	b.sub(subName, pushTo(e))
	var batch []*pubsubpb.PubsubMessage
	for i := range 200 {
		batch = append(batch, text(fmt.Sprintf("%03d", i)))
	}
	b.publish(batch...)
	b.idle()
	times = map[string]int{}
	for _, s := range e.texts() {
		if times[s]++; times[s] == 1 {
			order = append(order, s)
		}
	}
	require.Len(t, times, 200, "every message comes")
	return times, order
}

func repeated(times map[string]int) (n int) {
	for _, k := range times {
		if k > 1 {
			n++
		}
	}
	return n
}

func TestTrouble(t *testing.T) {
	for name, run := range map[string]func(*testing.T){
		"none delivers once and in order": func(t *testing.T) {
			times, order := deliveries(t, pubsub.Trouble{})
			require.Zero(t, repeated(times))
			require.True(t, slices.IsSorted(order))
		},
		"duplicates are about as many as asked for, and the same for the same seed": func(t *testing.T) {
			first, _ := deliveries(t, pubsub.Trouble{Seed: 7, Duplicate: 0.1})
			require.InDelta(t, 20, repeated(first), 15)
			second, _ := deliveries(t, pubsub.Trouble{Seed: 7, Duplicate: 0.1})
			require.Equal(t, first, second)
			third, _ := deliveries(t, pubsub.Trouble{Seed: 8, Duplicate: 0.1})
			require.NotEqual(t, first, third)
		},
		"reordered messages are overtaken": func(t *testing.T) {
			_, order := deliveries(t, pubsub.Trouble{Seed: 1, Reorder: 0.5})
			require.False(t, slices.IsSorted(order))
		},
		"a dropped acknowledgement delivers again": func(t *testing.T) {
			times, _ := deliveries(t, pubsub.Trouble{Seed: 1, DropAck: 0.2})
			require.InDelta(t, 40, repeated(times), 25)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}

func TestADelayHoldsEveryMessage(t *testing.T) {
	clock := newClock()
	b := start(t, pubsub.Options{Now: clock.now})
	b.srv.Deliveries.Set(pubsub.Trouble{Delay: time.Hour})
	e := serve(t, always(200))
	b.topic(topicName)
	b.sub(subName, pushTo(e))
	b.publish(text("x"))
	clock.advance(59 * time.Minute)
	b.srv.Tick()
	require.Equal(t, 1, b.srv.Stats()[subName].Backlog)
	require.Zero(t, b.srv.Stats()[subName].Delivered)
	clock.advance(time.Minute)
	b.srv.Tick()
	b.idle()
	require.Equal(t, []string{"x"}, e.texts())
}

func TestALostAnswerMakesTheClientPublishAgain(t *testing.T) {
	b := start(t, pubsub.Options{})
	b.topic(topicName)
	b.sub(subName, nil)
	b.srv.Faults.Add(fault.Rule{Method: "Publish", Times: 1, Code: codes.Unavailable, After: true})
	b.publish(text("x"))
	require.Equal(t, []string{"x", "x"}, b.texts(subName, 2))
}
