package realtime

import (
	"errors"
	"fmt"
	"time"
)

// Kind is an entry in the table of event types.
type Kind struct {
	// Name is what clients see, such as "order.changed".
	Name string
	// Durable events are numbered, kept and resumed. The others only matter until
	// the next one with the same key.
	Durable bool
	// Fallback is the text of the push notification for a client that did not get
	// the event; "" for none.
	Fallback string
	// Fresh is how long the push notification is of use; 0 is an hour.
	Fresh time.Duration
}

// Kinds is the table of event types.
type Kinds struct{ byName map[string]Kind }

// NewKinds returns the table of these kinds, or an error that names all that make
// no sense.
func NewKinds(kinds ...Kind) (*Kinds, error) {
	t := &Kinds{byName: make(map[string]Kind, len(kinds))}
	var errs []error
	for _, k := range kinds {
		errs = append(errs, k.validate())
		if _, twice := t.byName[k.Name]; twice {
			errs = append(errs, fmt.Errorf("%w: kind %s is there twice", ErrInvalid, k.Name))
		}
		t.byName[k.Name] = k
	}
	return t, errors.Join(errs...)
}

func (k Kind) validate() error {
	switch {
	case k.Name == "" || !plain(k.Name):
		return fmt.Errorf("%w: kind %q needs a name of printable ASCII", ErrInvalid, k.Name)
	case k.Fallback != "" && !k.Durable:
		return fmt.Errorf("%w: kind %s has a fallback, so it must be durable", ErrInvalid, k.Name)
	}
	return nil
}

// Standard returns the events of the platform. A new one is one more line.
func Standard() []Kind {
	return []Kind{
		{Name: "order.changed", Durable: true, Fallback: "Your order has news"},
		{Name: "offer.made", Durable: true, Fallback: "A new delivery is on offer", Fresh: time.Minute},
		{Name: "offer.closed", Durable: true},
		{Name: "order.unassigned", Durable: true, Fallback: "An order has found no courier"},
		{Name: "message.sent", Durable: true, Fallback: "You have a message"},
		{Name: "campaign.changed"},
		{Name: "courier.moved"},
		{Name: "fleet.moved"},
		{Name: "job.progress"},
		{Name: "records.kept"},
		{Name: presenceChanged},
	}
}

// presenceChanged tells those who watch [PresenceOf] a client.
const presenceChanged = "presence.changed"
