package push

import (
	"context"
	"fmt"

	"lastmile/shared/event"
	"lastmile/shared/realtime"
)

// Publisher publishes events.
type Publisher interface {
	Publish(ctx context.Context, events ...event.Event) error
}

// Relay is the [realtime.Fallback] of whoever has no devices at hand, as gateways:
// it asks the function notify to push, by an event.
type Relay struct{ to Publisher }

// NewRelay returns a Relay by way of p.
func NewRelay(p Publisher) Relay { return Relay{p} }

// Push implements [realtime.Fallback].
func (r Relay) Push(ctx context.Context, n realtime.Notice) error {
	e := &event.ClientPush{
		Header: event.Header{ID: event.ID(IDOf(n))},
		Client: n.Client.Name(), Notice: n.ID, Kind: n.Kind, Text: n.Text, Data: n.Data, Until: n.Until,
	}
	if err := r.to.Publish(ctx, e); err != nil {
		return fmt.Errorf("relay %s: %w", n.ID, err)
	}
	return nil
}

// NoticeOf is what was relayed as e.
func NoticeOf(e event.ClientPush) (realtime.Notice, error) {
	client, err := realtime.ParseClient(e.Client)
	return realtime.Notice{ID: e.Notice, Client: client, Kind: e.Kind, Text: e.Text, Data: e.Data, Until: e.Until}, err
}
