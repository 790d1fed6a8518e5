package event

import (
	"encoding/json"
	"time"
)

// ClientPush asks for a push notification to the devices of a client that did not
// acknowledge what it was sent.
type ClientPush struct {
	Header `json:"-"`

	// Client is such as "courier:7".
	Client string `json:"client"`

	// Notice is the same whenever this notification is asked for.
	Notice string `json:"notice"`

	Kind string          `json:"kind"`
	Text string          `json:"text"`
	Data json.RawMessage `json:"data,omitempty"`

	// Until is when it is of no use any more.
	Until time.Time `json:"until"`
}

// Type implements [Event].
func (ClientPush) Type() Type { return "client.push.v1" }

// Key is the client.
func (e ClientPush) Key() string { return e.Client }

// Validate implements [Event].
func (e ClientPush) Validate() error {
	return check(e.Type(),
		required("client", e.Client),
		required("notice", e.Notice),
		required("kind", e.Kind),
		required("text", e.Text),
	)
}
