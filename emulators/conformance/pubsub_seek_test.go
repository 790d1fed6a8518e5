package conformance_test

import (
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func (p *pubsubProject) seek(t *testing.T, sub string, at time.Time) {
	t.Helper()
	_, err := p.subs.Seek(t.Context(), &pubsubpb.SeekRequest{Subscription: sub, Target: &pubsubpb.SeekRequest_Time{Time: timestamppb.New(at)}})
	require.NoError(t, err)
}

var pubsubSeekCases = []pubsubCase{
	{name: "a seek to the future purges the backlog", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("1"), pubsubText("2"))
		p.seek(t, sub, time.Now().Add(time.Hour))
		p.nothing(t, sub)
	}},
	{name: "a seek to the past brings back acknowledged messages that are retained", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, func(s *pubsubpb.Subscription) { s.RetainAckedMessages = true })
		p.publish(t, topic, pubsubText("1"), pubsubText("2"))
		p.ack(t, sub, p.pull(t, sub, 2))
		p.nothing(t, sub)
		p.seek(t, sub, time.Now().Add(-time.Hour))
		require.ElementsMatch(t, []string{"1", "2"}, pubsubTexts(p.pull(t, sub, 2)))
	}},
	{name: "a seek to a moment splits the messages there", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, func(s *pubsubpb.Subscription) { s.RetainAckedMessages = true })
		p.publish(t, topic, pubsubText("1"))
		time.Sleep(50 * time.Millisecond)
		between := time.Now()
		time.Sleep(50 * time.Millisecond)
		p.publish(t, topic, pubsubText("2"))
		p.ack(t, sub, p.pull(t, sub, 2))
		p.seek(t, sub, between)
		require.Equal(t, []string{"2"}, pubsubTexts(p.pull(t, sub, 1)))
		p.nothing(t, sub)
	}},
	{name: "a topic that retains lets a new subscription go back before its birth", run: func(t *testing.T, p *pubsubProject) {
		topic, err := p.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: p.name("topics", "orders"), MessageRetentionDuration: durationpb.New(time.Hour)})
		require.NoError(t, err)
		p.publish(t, topic.GetName(), pubsubText("early"))
		sub := p.sub(t, "orders-sub", topic.GetName(), nil)
		p.seek(t, sub, time.Now().Add(-time.Minute))
		require.Equal(t, []string{"early"}, pubsubTexts(p.pull(t, sub, 1)))
	}},
	{name: "a seek to a snapshot restores its backlog and what came after", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("acked before"))
		p.ack(t, sub, p.pull(t, sub, 1))
		p.publish(t, topic, pubsubText("backlog"))
		snap, err := p.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: p.name("snapshots", "before"), Subscription: sub})
		require.NoError(t, err)
		require.Equal(t, topic, snap.GetTopic())
		p.publish(t, topic, pubsubText("after"))
		p.ack(t, sub, p.pull(t, sub, 2))
		_, err = p.subs.Seek(t.Context(), &pubsubpb.SeekRequest{Subscription: sub, Target: &pubsubpb.SeekRequest_Snapshot{Snapshot: snap.GetName()}})
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"backlog", "after"}, pubsubTexts(p.pull(t, sub, 2)))
		p.nothing(t, sub)
	}},
	{name: "a snapshot that is not there is not found", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, nil)
		_, err := p.subs.Seek(t.Context(), &pubsubpb.SeekRequest{Subscription: sub, Target: &pubsubpb.SeekRequest_Snapshot{Snapshot: p.name("snapshots", "none")}})
		pubsubRefused(t, err, codes.NotFound)
	}},
	{name: "a deleted snapshot is gone", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, nil)
		name := p.name("snapshots", "before")
		_, err := p.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: name, Subscription: sub})
		require.NoError(t, err)
		_, err = p.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: name, Subscription: sub})
		pubsubRefused(t, err, codes.AlreadyExists)
		require.NoError(t, p.subs.DeleteSnapshot(t.Context(), &pubsubpb.DeleteSnapshotRequest{Snapshot: name}))
		require.Error(t, p.subs.DeleteSnapshot(t.Context(), &pubsubpb.DeleteSnapshotRequest{Snapshot: name}))
	}},
}
