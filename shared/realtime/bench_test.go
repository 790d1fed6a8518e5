package realtime_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

func benchPublisher(b *testing.B) *realtime.Publisher {
	s := engines["redis-server"]
	if s == nil {
		b.Skip("no redis-server on PATH: apt-get install redis-server")
	}
	r := realtime.Connect(&redis.Options{Addr: s.Addr()})
	b.Cleanup(func() { _ = r.Close() })
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(b, err)
	p, err := realtime.NewPublisher(b.Context(), r, kinds, realtime.Options{Prefix: "bench:"})
	require.NoError(b, err)
	return p
}

func BenchmarkConnectionsOf1000(b *testing.B) {
	p := benchPublisher(b)
	clients := make([]realtime.Audience, 1000)
	for i := range clients {
		clients[i] = realtime.Client("courier", fmt.Sprint(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Connections(b.Context(), clients...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	for name, e := range map[string]realtime.Event{
		"durable":              {Kind: "offer.closed", Data: map[string]int{"offer": 1}},
		"latest":               {Kind: "courier.moved", Key: "courier:7", Data: map[string]int{"lat": 1}},
		"durable, with an ack": {Kind: "order.changed", Data: map[string]int{"order": 1}},
	} {
		b.Run(name, func(b *testing.B) {
			p := benchPublisher(b)
			h := newHost()
			n, err := realtime.Join(b.Context(), benchPublisher(b), h, realtime.NodeOptions{})
			require.NoError(b, err)
			defer n.Close(context.Background())
			_, err = n.Attach(b.Context(), realtime.Member{To: ann, Tag: "1"})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Publish(b.Context(), ann, e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
