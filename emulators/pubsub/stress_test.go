package pubsub_test

import (
	"fmt"
	"hash/crc32"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/pubsub"
)

func TestSixtyFourClientsLoseNothing(t *testing.T) {
	const clients, each = 64, 50
	b := start(t, pubsub.Options{Dir: t.TempDir()})
	b.srv.Deliveries.Set(pubsub.Trouble{Seed: 3, Duplicate: 0.1, DropAck: 0.05, Reorder: 0.1, Hold: 5 * time.Millisecond})
	flaky := func(r received) int { // every seventh message fails at its first attempt
		if crc32.ChecksumIEEE(r.Message.Data)%7 == 0 && r.DeliveryAttempt == 1 {
			return 500
		}
		return 200
	}
	plain, ordered, dead := serve(t, flaky), serve(t, flaky), serve(t, always(200))
	b.topic(topicName, deadName)
	policy := func(s *pubsubpb.Subscription) {
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: deadName, MaxDeliveryAttempts: 20}
		s.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(time.Millisecond), MaximumBackoff: durationpb.New(time.Millisecond)}
	}
	b.sub(subName, func(s *pubsubpb.Subscription) { pushTo(plain)(s); policy(s) })
	b.sub(subName+"-ordered", func(s *pubsubpb.Subscription) { pushTo(ordered)(s); policy(s); s.EnableMessageOrdering = true })
	b.sub("projects/p/subscriptions/dead-sub", func(s *pubsubpb.Subscription) { pushTo(dead)(s); s.Topic = deadName })

	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for i := range each {
				b.publish(keyed(fmt.Sprint(c), fmt.Sprintf("%d-%d", c, i)))
				if i%10 == 0 {
					b.srv.Stats()
				}
			}
		})
	}
	group.Wait()
	b.idle()

	for _, e := range []*endpoint{plain, ordered} {
		got := map[string]bool{}
		for _, s := range e.texts() {
			got[s] = true
		}
		require.Len(t, got, clients*each)
	}
	require.Empty(t, dead.all())
	for name, st := range b.srv.Stats() {
		require.Zero(t, st.Backlog+st.Outstanding, name)
	}
}
