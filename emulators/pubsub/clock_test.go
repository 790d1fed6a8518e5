package pubsub_test

import (
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/pubsub"
)

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// later moves the clock of the server.
func (b *bench) later(c *clock, d time.Duration) pubsub.Stats {
	c.advance(d)
	b.srv.Tick()
	return b.srv.Stats()[subName]
}

func TestTime(t *testing.T) {
	for name, run := range map[string]func(*testing.T, *bench, *clock){
		"a lease runs out at the deadline of the subscription": func(t *testing.T, b *bench, c *clock) {
			b.sub(subName, func(s *pubsubpb.Subscription) { s.AckDeadlineSeconds = 30 })
			b.publish(text("x"))
			b.pull(subName, 1)
			require.Equal(t, 1, b.later(c, 29*time.Second).Outstanding)
			require.Zero(t, b.later(c, time.Second).Outstanding)
			b.pull(subName, 1)
			require.EqualValues(t, 1, b.srv.Stats()[subName].Expired)
		},
		"a message is dropped at the end of its retention": func(t *testing.T, b *bench, c *clock) {
			b.sub(subName, func(s *pubsubpb.Subscription) { s.MessageRetentionDuration = durationpb.New(20 * time.Minute) })
			b.publish(text("x"))
			st := b.later(c, 20*time.Minute-time.Second)
			require.Equal(t, 1, st.Backlog)
			require.Equal(t, 20*time.Minute-time.Second, st.OldestAge.Round(time.Second))
			require.Zero(t, b.later(c, time.Second).Backlog)
			b.idle()
		},
		"a retry waits for its backoff": func(t *testing.T, b *bench, c *clock) {
			b.sub(subName, func(s *pubsubpb.Subscription) {
				s.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(time.Minute)}
			})
			b.publish(text("x"))
			for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
				got := b.pull(subName, 1)
				require.NoError(t, b.subs.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{Subscription: subName, AckIds: []string{got[0].GetAckId()}}))
				delivered := b.later(c, wait-time.Second).Delivered
				//lint:ignore SA1019 the only way not to wait
				none, err := b.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: subName, MaxMessages: 1, ReturnImmediately: true})
				require.NoError(t, err)
				require.Empty(t, none.GetReceivedMessages())
				require.Equal(t, delivered, b.later(c, time.Second).Delivered)
			}
			b.pull(subName, 1)
		},
		"a snapshot expires seven days after its oldest message": func(t *testing.T, b *bench, c *clock) {
			b.sub(subName, func(s *pubsubpb.Subscription) { s.MessageRetentionDuration = durationpb.New(30 * 24 * time.Hour) })
			b.publish(text("x"))
			b.later(c, 6*24*time.Hour)
			_, err := b.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: "projects/p/snapshots/before", Subscription: subName})
			require.NoError(t, err)
			b.later(c, 24*time.Hour)
			_, err = b.subs.GetSnapshot(t.Context(), &pubsubpb.GetSnapshotRequest{Snapshot: "projects/p/snapshots/before"})
			require.ErrorContains(t, err, "NotFound")
			_, err = b.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: "projects/p/snapshots/late", Subscription: subName})
			require.ErrorContains(t, err, "FailedPrecondition")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			b := start(t, pubsub.Options{Now: c.now})
			b.topic(topicName)
			run(t, b, c)
		})
	}
}
