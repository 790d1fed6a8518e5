package api_test

import (
	"iter"
	"net/http"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

// watcher is a gateway where somebody watches one topic.
type watcher struct {
	topic realtime.Audience
	seen  chan realtime.Delivery
}

func (w watcher) Deliver(d realtime.Delivery) bool {
	if d.To != w.topic {
		return false
	}
	w.seen <- d
	return true
}

func (w watcher) Members() iter.Seq2[realtime.Audience, string] {
	return func(yield func(realtime.Audience, string) bool) { yield(w.topic, "1") }
}

func (w watcher) Interrupted(bool) {}

func TestWatchersOnSocketsSeeWhatTheAPIIsTold(t *testing.T) {
	c := start(t)
	client := goredis.NewClient(&goredis.Options{Addr: c.stack.Redis.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(t, err)
	publisher, err := realtime.NewPublisher(t.Context(), client, kinds, realtime.Options{})
	require.NoError(t, err)
	w := watcher{realtime.Topic("order", "o1"), make(chan realtime.Delivery, 10)}
	node, err := realtime.Join(t.Context(), publisher, w, realtime.NodeOptions{})
	require.NoError(t, err)
	defer func() { require.NoError(t, node.Close(t.Context())) }()
	_, err = node.Attach(t.Context(), realtime.Member{To: w.topic, Tag: "1"})
	require.NoError(t, err)

	f := fixes{[]fix{{At: time.Now(), Lat: 30.27, Lng: -97.74, Order: "o1"}}}
	require.Equal(t, http.StatusOK, c.do(http.MethodPost, "/v1/couriers/ada/locations", f, nil))
	select {
	case d := <-w.seen:
		require.Contains(t, string(d.Frame), `"courier.moved"`)
		require.Contains(t, string(d.Frame), `"lat":30.27`)
	case <-time.After(20 * time.Second):
		require.FailNow(t, "the watcher was not told")
	}
}
