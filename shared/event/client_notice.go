package event

import (
	"encoding/json"
	"fmt"
)

// ClientNotice asks that clients be told of something: by a socket if they have
// one, else by a push notification where the kind has a text for it.
type ClientNotice struct {
	Header `json:"-"`

	// To names the audiences, as sockets do: "courier:7" is a client, "topic
	// order:12" whoever watches the order, "role operator" every operator.
	To []string `json:"to"`

	// Kind is an entry in the table of real-time events, such as "order.changed".
	Kind string `json:"kind"`

	// Subject is what it is about, such as "order:12": of two latest-only
	// notices of one kind and subject only the newer counts.
	Subject string `json:"subject"`

	// Data is what clients get.
	Data json.RawMessage `json:"data"`
}

// maxAudiences bounds the work of one event.
const maxAudiences = 20

// Type implements [Event].
func (ClientNotice) Type() Type { return "client.notice.v1" }

// Key is what the notice is about.
func (e ClientNotice) Key() string { return e.Subject }

// Validate implements [Event].
func (e ClientNotice) Validate() error {
	return check(e.Type(),
		when(len(e.To) == 0, "to", "must name an audience"),
		when(len(e.To) > maxAudiences, "to", fmt.Sprintf("names %d audiences, more than %d", len(e.To), maxAudiences)),
		required("kind", e.Kind),
		required("subject", e.Subject),
		when(!json.Valid(e.Data), "data", "must be JSON"),
	)
}
