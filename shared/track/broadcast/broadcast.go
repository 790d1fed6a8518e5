// Package broadcast tells those who watch a courier, or the order under way,
// where the courier is.
//
// The event is courier.moved, to the topics courier:{id} and order:{id}. It is
// latest-only, by courier. Networks may bring an older one after a newer one:
// whoever shows them compares at, then seq.
package broadcast

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lastmile/shared/realtime"
	"lastmile/shared/track"
)

// Publisher sends an event to its audience; [*realtime.Publisher] is one.
type Publisher interface {
	Publish(ctx context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error)
}

// Broadcaster tells watchers where couriers are. It is safe for concurrent use.
type Broadcaster struct {
	open func(ctx context.Context) (Publisher, error)

	mu        sync.Mutex
	publisher Publisher // guarded by mu; nil until it is first needed
}

// New returns a Broadcaster by way of p.
func New(p Publisher) *Broadcaster { return &Broadcaster{publisher: p} }

// Lazy returns a Broadcaster by way of what open returns. It is called when the
// first position comes, and again as long as it fails.
func Lazy(open func(ctx context.Context) (Publisher, error)) *Broadcaster {
	return &Broadcaster{open: open}
}

func (b *Broadcaster) connect(ctx context.Context) (Publisher, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.publisher != nil {
		return b.publisher, nil
	}
	p, err := b.open(ctx)
	if err == nil {
		b.publisher = p
	}
	return p, err
}

// kind is an entry of [realtime.Standard].
const kind = "courier.moved"

// moved is the payload.
type moved struct {
	Courier  track.CourierID `json:"courier"`
	Order    track.OrderID   `json:"order,omitempty"`
	At       time.Time       `json:"at"`
	Seq      int64           `json:"seq,omitempty"`
	Lat      float64         `json:"lat"`
	Lng      float64         `json:"lng"`
	Accuracy float64         `json:"accuracy,omitempty"`
	Speed    float64         `json:"speed,omitempty"`
	Heading  float64         `json:"heading,omitempty"`
}

// timeout bounds a broadcast: a position that comes later has been overtaken.
const timeout = time.Second

// Broadcast tells the watchers of each fix. One that cannot be told does not keep
// the others from it.
func (b *Broadcaster) Broadcast(ctx context.Context, fixes ...track.Fix) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	publisher, err := b.connect(ctx)
	if err != nil {
		return fmt.Errorf("broadcast: %w", err)
	}
	var errs []error
	for _, f := range fixes {
		e := realtime.Event{Kind: kind, Key: string(f.Courier), Data: moved{
			f.Courier, f.Order, f.At, f.Seq, f.Lat, f.Lng, f.Accuracy, f.Speed, f.Heading,
		}}
		_, err := publisher.Publish(ctx, realtime.Topic("courier", string(f.Courier)), e)
		errs = append(errs, err)
		if f.Order != "" {
			_, err := publisher.Publish(ctx, realtime.Topic("order", string(f.Order)), e)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
