// Package notify tells clients what happened: by their sockets, or by a push
// notification where they have none.
//
// Trigger: client.notice.v1, for every audience of which an event is published;
// client.push.v1, what gateways could not bring to a client in time; and every
// minute, for what no gateway is left to look after. Replays are harmless: an
// event counts once for each audience, and a notice once for each device.
package notify

import (
	"context"
	"errors"
	"fmt"

	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
)

// Publisher publishes to sockets, and has pushed what no socket takes. Publish
// returns [realtime.ErrInvalid] for what can never be published.
type Publisher interface {
	Publish(ctx context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error)
	Sweep(ctx context.Context) (int, error)
}

// Function is the notify function.
type Function struct {
	publisher Publisher
	devices   realtime.Fallback
}

// New returns a Function that publishes by way of p and pushes to devices.
func New(p Publisher, devices realtime.Fallback) *Function { return &Function{p, devices} }

// Notify publishes one notice. An audience that cannot be told does not keep the
// others from it.
func (f *Function) Notify(ctx context.Context, e event.ClientNotice) error {
	var errs []error
	for _, name := range e.To {
		if err := f.tell(ctx, name, e); err != nil {
			errs = append(errs, fmt.Errorf("tell %s of %s: %w", name, e.Subject, err))
		}
	}
	return permanent(errs)
}

func (f *Function) tell(ctx context.Context, name string, e event.ClientNotice) error {
	to, err := realtime.ParseAudience(name)
	if err != nil {
		return err
	}
	_, err = f.publisher.Publish(ctx, to, realtime.Event{Kind: e.Kind, Key: e.Subject, ID: string(e.ID), Data: e.Data})
	return err
}

// permanent is what is wrong, and whether trying again could mend any of it.
func permanent(errs []error) error {
	for _, err := range errs {
		if !errors.Is(err, realtime.ErrInvalid) {
			return errors.Join(errs...)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", function.ErrPermanent, errors.Join(errs...))
}

// Push pushes one notice.
func (f *Function) Push(ctx context.Context, e event.ClientPush) error {
	n, err := push.NoticeOf(e)
	if err != nil {
		return fmt.Errorf("%w: push %s: %w", function.ErrPermanent, e.Notice, err)
	}
	return f.devices.Push(ctx, n)
}

// Sweep pushes what clients did not acknowledge in time.
func (f *Function) Sweep(ctx context.Context) error {
	_, err := f.publisher.Sweep(ctx)
	return err
}
