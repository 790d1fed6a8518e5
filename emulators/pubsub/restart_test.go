package pubsub_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/pubsub"
)

// killed starts a server on the state that the death of b's process would leave now.
func (b *bench) killed(dir string) *bench {
	copied := b.t.TempDir()
	require.NoError(b.t, os.CopyFS(copied, os.DirFS(dir)))
	return start(b.t, pubsub.Options{Dir: copied})
}

func (b *bench) pull(sub string, n int) (got []*pubsubpb.ReceivedMessage) {
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	for len(got) < n {
		r, err := b.subs.Pull(ctx, &pubsubpb.PullRequest{Subscription: sub, MaxMessages: int32(n - len(got))})
		require.NoError(b.t, err)
		got = append(got, r.GetReceivedMessages()...)
	}
	return got
}

func (b *bench) texts(sub string, n int) (out []string) {
	for _, m := range b.pull(sub, n) {
		out = append(out, string(m.GetMessage().GetData()))
	}
	return out
}

func (b *bench) ack(sub string, got []*pubsubpb.ReceivedMessage) {
	for _, m := range got {
		require.NoError(b.t, b.subs.Acknowledge(b.t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: sub, AckIds: []string{m.GetAckId()}}))
	}
}

func TestWhatWasPublishedSurvivesTheDeathOfTheProcess(t *testing.T) {
	dir := t.TempDir()
	b := start(t, pubsub.Options{Dir: dir})
	b.topic(topicName)
	b.sub(subName, nil)
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprint(i))
		b.publish(&pubsubpb.PubsubMessage{Data: []byte(want[i]), Attributes: map[string]string{"n": want[i]}})
	}

	after := b.killed(dir)
	require.Equal(t, 100, after.srv.Stats()[subName].Backlog)
	got := after.pull(subName, 100)
	for i, m := range got {
		require.Equal(t, want[i], string(m.GetMessage().GetData()))
		require.Equal(t, want[i], m.GetMessage().GetAttributes()["n"])
	}
	after.ack(subName, got)
	after.idle()
}

func TestARestartKeepsWhatWasDone(t *testing.T) {
	dir := t.TempDir()
	b := start(t, pubsub.Options{Dir: dir})
	b.topic(topicName, deadName)
	b.sub(subName, func(s *pubsubpb.Subscription) {
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: deadName, MaxDeliveryAttempts: 5}
		s.RetainAckedMessages = true
	})
	b.sub("projects/p/subscriptions/gone", nil)
	b.publish(text("acked"), text("failed"), text("untouched"))
	got := b.pull(subName, 3)
	b.ack(subName, got[:1])
	require.NoError(t, b.subs.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{Subscription: subName, AckIds: []string{got[1].GetAckId()}}))
	require.NoError(t, b.subs.DeleteSubscription(t.Context(), &pubsubpb.DeleteSubscriptionRequest{Subscription: "projects/p/subscriptions/gone"}))
	require.NoError(t, b.srv.Close())

	for _, what := range []string{"after the first restart", "after a second, from the compacted journal"} {
		b = start(t, pubsub.Options{Dir: dir})
		require.Len(t, b.srv.Stats(), 1, what)
		attempts := map[string]int32{}
		for _, m := range b.pull(subName, 2) {
			attempts[string(m.GetMessage().GetData())] = m.GetDeliveryAttempt()
		}
		require.Equal(t, map[string]int32{"failed": 2, "untouched": 1}, attempts, what)
		require.NoError(t, b.srv.Close())
	}

	b = start(t, pubsub.Options{Dir: dir})
	_, err := b.subs.Seek(t.Context(), &pubsubpb.SeekRequest{Subscription: subName, Target: &pubsubpb.SeekRequest_Time{Time: timestamppb.New(time.Now().Add(-time.Hour))}})
	require.NoError(t, err)
	b = b.killed(dir)
	require.ElementsMatch(t, []string{"acked", "failed", "untouched"}, b.texts(subName, 3))
}

func TestASnapshotSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	b := start(t, pubsub.Options{Dir: dir})
	b.topic(topicName)
	b.sub(subName, nil)
	b.publish(text("backlog"))
	_, err := b.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: "projects/p/snapshots/before", Subscription: subName})
	require.NoError(t, err)
	b.publish(text("after"))
	b.ack(subName, b.pull(subName, 2))
	b.idle()

	for range 2 {
		require.NoError(t, b.srv.Close())
		b = start(t, pubsub.Options{Dir: dir})
	}
	_, err = b.subs.Seek(t.Context(), &pubsubpb.SeekRequest{Subscription: subName, Target: &pubsubpb.SeekRequest_Snapshot{Snapshot: "projects/p/snapshots/before"}})
	require.NoError(t, err)
	require.Equal(t, []string{"backlog", "after"}, b.texts(subName, 2))
}

func TestATopicsRetentionSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	b := start(t, pubsub.Options{Dir: dir})
	_, err := b.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topicName, MessageRetentionDuration: durationpb.New(time.Hour)})
	require.NoError(t, err)
	b.publish(text("early"))
	for range 2 {
		require.NoError(t, b.srv.Close())
		b = start(t, pubsub.Options{Dir: dir})
	}
	b.sub(subName, nil)
	_, err = b.subs.Seek(t.Context(), &pubsubpb.SeekRequest{Subscription: subName, Target: &pubsubpb.SeekRequest_Time{Time: timestamppb.New(time.Now().Add(-time.Minute))}})
	require.NoError(t, err)
	require.Equal(t, []string{"early"}, b.texts(subName, 1))
}

func TestPushesGoOnAfterARestartAndNoneIsLost(t *testing.T) {
	dir := t.TempDir()
	var down atomic.Bool
	down.Store(true)
	e := serve(t, func(received) int {
		if down.Load() {
			return 503
		}
		return 200
	})
	b := start(t, pubsub.Options{Dir: dir})
	b.topic(topicName)
	b.sub(subName, pushTo(e))
	want := map[string]bool{}
	for i := range 50 {
		want[fmt.Sprint(i)] = true
		b.publish(text(fmt.Sprint(i)))
	}
	require.NoError(t, b.srv.Close())
	down.Store(false)

	b = start(t, pubsub.Options{Dir: dir})
	b.idle()
	got := map[string]bool{}
	for _, s := range e.texts() {
		got[s] = true
	}
	require.Equal(t, want, got)
}
