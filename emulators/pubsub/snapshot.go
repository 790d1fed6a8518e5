package pubsub

import (
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"lastmile/emulators/pubsub/queue"
)

// snapshot is what was unacknowledged in a subscription at one moment, and everything
// published to its topic since.
type snapshot struct {
	pb      *pubsubpb.Snapshot
	topic   *topic
	after   uint64 // the newest message when it was taken
	backlog []*queue.Message
	expires time.Time
}
