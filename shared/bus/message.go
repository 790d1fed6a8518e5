package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/logs"
)

// Message is an event in its wire form.
type Message struct {
	Topic      string            `json:"topic" firestore:"topic"`
	Data       []byte            `json:"data" firestore:"data"`
	Attributes map[string]string `json:"attributes" firestore:"attributes"`
}

// ID is the id of the event.
func (m Message) ID() string { return m.Attributes[attrID] }

// MaxData bounds the data of a message, in bytes: what Pub/Sub takes, less room
// for the attributes.
const MaxData = 9 << 20

// The attributes of a message: those of CloudEvents 1.0, and whatever
// [logs.Carry] sends along.
const (
	attrPrefix  = "ce-"
	attrID      = "ce-id"
	attrType    = "ce-type"
	attrTime    = "ce-time"
	attrSource  = "ce-source"
	attrSpec    = "ce-specversion"
	attrSubject = "ce-subject"
	attrContent = "content-type"
)

// source names us as the producer of an event.
const source = "lastmile"

// Encode returns e in its wire form, with an id and a time if it has none, and
// with the context's trace, request, caller, job and entity. An invalid event
// is refused here, where its producer sees it.
func Encode(ctx context.Context, e event.Event) (Message, error) {
	if err := e.Validate(); err != nil {
		return Message{}, fmt.Errorf("publish: %w", err)
	}
	data, err := json.Marshal(e)
	if err != nil {
		return Message{}, fmt.Errorf("publish %s: %w", e.Type(), err)
	}
	if len(data) > MaxData {
		return Message{}, fmt.Errorf("publish %s: %w: %d bytes, at most %d fit a message; put the bulk in a file", e.Type(), event.ErrInvalid, len(data), MaxData)
	}
	h := e.Head()
	if h.ID == "" {
		h.ID = event.NewID()
	}
	if h.Time.IsZero() {
		h.Time = time.Now().UTC()
	}
	attributes := map[string]string{
		attrID:      string(h.ID),
		attrType:    string(e.Type()),
		attrTime:    h.Time.Format(time.RFC3339Nano),
		attrSource:  source,
		attrSpec:    "1.0",
		attrSubject: e.Key(),
		attrContent: "application/json",
	}
	for k, v := range logs.Carry(ctx) {
		attributes[attrPrefix+k] = v
	}
	return Message{Topic: string(e.Type()), Data: data, Attributes: attributes}, nil
}

// Header returns what the attributes say of the event. Messages from publishers
// that know nothing of CloudEvents take their Pub/Sub message id.
func (p *Push) Header() event.Header {
	id := p.Attributes[attrID]
	if id == "" {
		id = p.MessageID
	}
	at, err := time.Parse(time.RFC3339Nano, p.Attributes[attrTime])
	if err != nil {
		at = p.Published
	}
	return event.Header{ID: event.ID(id), Time: at.UTC()}
}

// Type is the event's type; empty if the publisher did not say.
func (p *Push) Type() event.Type { return event.Type(p.Attributes[attrType]) }

// Subject is the event's key.
func (p *Push) Subject() string { return p.Attributes[attrSubject] }

// Context returns ctx with the trace, request, caller, job and entity that the
// event was published with.
func (p *Push) Context(ctx context.Context) context.Context {
	return logs.Restore(ctx, func(key string) string { return p.Attributes[attrPrefix+key] })
}

// Decode reads the payload into e, which must be of the event's type, and
// checks it. Every error wraps [event.ErrInvalid].
func (p *Push) Decode(e event.Event) error {
	if t := p.Type(); t != "" && t != e.Type() {
		return fmt.Errorf("%w: got a %s where only %s is known", event.ErrInvalid, t, e.Type())
	}
	if err := json.Unmarshal(p.Data, e); err != nil {
		return fmt.Errorf("%w: %s: data is not its JSON: %w", event.ErrInvalid, e.Type(), err)
	}
	*e.Head() = p.Header()
	if id := e.Head().ID; id == "" || len(id) > event.MaxID || strings.ContainsAny(string(id), "/\x00\n") {
		return fmt.Errorf("%w: %s: the id %.40q must have 1 to %d characters, without slash or line break", event.ErrInvalid, e.Type(), id, event.MaxID)
	}
	return e.Validate()
}
