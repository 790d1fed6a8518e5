package realtime

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Connections counts the connections of any number of clients in one round trip.
// One that has any is online. It returns [ErrUnavailable].
func (p *Publisher) Connections(ctx context.Context, clients ...Audience) ([]int, error) {
	counts := make([]int, len(clients))
	if len(clients) == 0 {
		return counts, nil
	}
	now := millis(p.options.Now())
	answers := make([]*redis.IntCmd, len(clients))
	_, err := p.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, c := range clients {
			answers[i] = pipe.ZCount(ctx, p.keys.presence(c), now, "+inf")
		}
		return nil
	})
	if err := unavailable(err); err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	for i, a := range answers {
		counts[i] = int(a.Val())
	}
	return counts, nil
}

// presence is the payload of presence.changed.
type presence struct {
	Client string `json:"client"`
	Online bool   `json:"online"`
}

// announce tells those who watch a client that it came or went. It is best
// effort: whoever needs the truth counts connections.
func (p *Publisher) announce(ctx context.Context, client Audience, online bool) error {
	e := Event{Kind: presenceChanged, Key: client.Name(), Data: presence{client.Name(), online}}
	tail, err := e.tail(PresenceOf(client))
	if err != nil {
		return err
	}
	return p.handAll(ctx, Delivery{Op: Latest, To: PresenceOf(client), Key: e.Key, Frame: []byte("{" + tail)})
}
