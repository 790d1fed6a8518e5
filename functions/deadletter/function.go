// Package deadletter archives the events that no function could handle, with
// the reason, ready to be replayed.
//
// Trigger: messages of any kind on the dead letter topic. Replays are harmless:
// a letter is known by its own message id.
package deadletter

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"lastmile/shared/deadletter"
	"lastmile/shared/function"
)

// Letters keeps dead letters. Keeping one twice is harmless.
type Letters interface {
	Put(ctx context.Context, l deadletter.Letter) error
}

// Function is the dead-letter function.
type Function struct{ letters Letters }

// New returns a Function that archives in l.
func New(l Letters) *Function { return &Function{letters: l} }

// Handle archives one message.
func (f *Function) Handle(ctx context.Context, m function.Message) error {
	l := letter(m)
	if err := f.letters.Put(ctx, l); err != nil {
		return fmt.Errorf("archive %s: %w", l.ID, err)
	}
	return nil
}

func letter(m function.Message) deadletter.Letter {
	d := m.DeadLetter()
	subscription := cmp.Or(d.Subscription, "unknown")
	name, _, _ := strings.Cut(subscription, ".")
	at := m.Published.UTC()
	if at.IsZero() {
		at = time.Now().UTC()
	}
	return deadletter.Letter{
		ID:           strings.ReplaceAll(d.ID()+":"+subscription, "/", "_"),
		Event:        d.ID(),
		Type:         d.Topic,
		Subject:      m.Subject(),
		Subscription: subscription,
		Function:     name,
		Class:        cmp.Or(d.Class, deadletter.Exhausted),
		Cause:        cmp.Or(d.Cause, "the last attempt failed: its record tells why"),
		Attempts:     d.Attempts,
		Data:         d.Data[:min(len(d.Data), deadletter.MaxData)],
		Cut:          len(d.Data) > deadletter.MaxData,
		Attributes:   d.Attributes,
		At:           at,
		State:        deadletter.Waiting,
		Message:      m.MessageID,
	}
}
