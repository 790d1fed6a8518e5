package realtime

import (
	"context"
	"fmt"
)

// Connections counts the connections of any number of clients in one round trip.
// One that has any is online. It returns [ErrUnavailable].
func (p *Publisher) Connections(ctx context.Context, clients ...Audience) ([]int, error) {
	now := millis(p.options.Now())
	order, ends := byPartition(clients)
	keys := make([]string, len(clients))
	var calls []call
	from := 0
	for _, end := range ends {
		if from == end {
			continue
		}
		for i := from; i < end; i++ {
			keys[i] = p.keys.presence(clients[order[i]])
		}
		calls = append(calls, call{p.scripts.count, keys[from:end], []any{now}})
		from = end
	}
	answers, err := runAll(ctx, p.redis, calls)
	if err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	counts, at := make([]int, len(clients)), 0
	for _, a := range answers {
		got, _ := a.Slice() // runAll has looked at its error
		for i := range got {
			counts[order[at]] = int(answer(got).number(i))
			at++
		}
	}
	return counts, nil
}

// byPartition returns the places of audiences in the order of their partitions,
// and where each partition ends in it.
func byPartition(all []Audience) (order []int, ends [partitions]int) {
	for _, a := range all {
		ends[partition(a)]++
	}
	var next [partitions]int
	for p := 1; p < partitions; p++ {
		next[p] = ends[p-1]
		ends[p] += ends[p-1]
	}
	order = make([]int, len(all))
	for i, a := range all {
		p := partition(a)
		order[next[p]] = i
		next[p]++
	}
	return order, ends
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
