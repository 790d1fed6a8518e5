package server

import (
	"encoding/json"
	"fmt"

	"lastmile/gateway/hub"
)

// place is a place in a stream: what a client has everything up to.
type place struct {
	Epoch  string `json:"e"`
	Number uint64 `json:"n"`
}

func (p *place) hub() hub.Place {
	if p == nil {
		return hub.Place{}
	}
	return hub.Place{Epoch: p.Epoch, Number: p.Number}
}

// inbound is a frame from a client: one of its fields.
type inbound struct {
	Hello *hello     `json:"hello"`
	Sub   *subscribe `json:"sub"`
	Unsub string     `json:"unsub"`
	Ack   *place     `json:"ack"`
	Token string     `json:"token"`
	Send  *upstream  `json:"send"`
	Ping  *int64     `json:"ping"`
}

// hello opens a connection.
type hello struct {
	Token  string            `json:"token"` // not needed if it came as a subprotocol
	At     *place            `json:"at"`    // in the client's own stream; missing: what it did not acknowledge
	Topics map[string]*place `json:"topics"`
}

type subscribe struct {
	Topic string `json:"topic"`
	At    *place `json:"at"`
}

// upstream is an event from a client.
type upstream struct {
	ID   string          `json:"id"` // asks for an answer that names it
	Type string          `json:"t"`
	Data json.RawMessage `json:"d"`
}

// Bodies of frames to clients, each under the name of its kind.
type (
	welcome struct {
		Client string `json:"client"`
		place
		Ping  int   `json:"ping"`            // seconds between pings: more than two missed, and the line is dead
		Until int64 `json:"until,omitempty"` // Unix seconds: send a token frame before
	}
	streamed struct {
		Stream string `json:"s,omitempty"` // a topic; missing for the client's own stream
		place
	}
	explained struct {
		Stream string `json:"s,omitempty"`
		ID     string `json:"id,omitempty"`
		Why    string `json:"why,omitempty"`
	}
	renewed struct {
		Until int64  `json:"until,omitempty"`
		Token string `json:"token,omitempty"` // the next access token, unasked
	}
	move struct {
		In  int64  `json:"in"` // milliseconds to wait before connecting again
		Why string `json:"why"`
	}
)

// outbound makes a frame of one kind.
func outbound(kind string, body any) *hub.Frame {
	text, err := json.Marshal(map[string]any{kind: body})
	if err != nil {
		panic(fmt.Sprintf("frame %s: %v", kind, err)) // its type cannot be encoded: no client is to blame
	}
	return hub.NewFrame(text, "")
}
