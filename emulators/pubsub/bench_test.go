package pubsub_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub"
)

// BenchmarkPush is one message from the publisher's call to the acknowledged push,
// with the endpoint in the same process.
func BenchmarkPush(b *testing.B) {
	s := start(b, pubsub.Options{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(endpoint.Close)
	s.topic(topicName)
	s.sub(subName, func(p *pubsubpb.Subscription) { p.PushConfig = &pubsubpb.PushConfig{PushEndpoint: endpoint.URL} })
	batch := make([]*pubsubpb.PubsubMessage, 100)
	for i := range batch {
		batch[i] = &pubsubpb.PubsubMessage{Data: make([]byte, 200), Attributes: map[string]string{"ce-type": "order.v1", "ce-id": "1234567890"}}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%len(batch) == 0 {
			s.publish(batch...)
		}
		n++
	}
	s.idle()
	b.StopTimer()
	require.GreaterOrEqual(b, s.srv.Stats()[subName].Acked, uint64(n))
}
