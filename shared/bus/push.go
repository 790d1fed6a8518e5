package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Push is one delivery of a message.
type Push struct {
	// Subscription is the full name of the subscription that pushed; empty for a
	// CloudEvent.
	Subscription string

	MessageID   string
	OrderingKey string
	Published   time.Time

	// Attempt counts deliveries from 1. It is 0 if the sender does not count:
	// Pub/Sub does so only for subscriptions with a dead letter topic.
	Attempt int

	Attributes map[string]string
	Data       []byte
}

var (
	// ErrMalformed is returned for a body that is no push at all.
	ErrMalformed = errors.New("not a Pub/Sub push or a CloudEvent")

	// ErrTooLarge is returned for a body over the limit.
	ErrTooLarge = errors.New("body too large")
)

// DecodePush reads a delivery of at most limit bytes from r: the JSON that
// Pub/Sub pushes, or a CloudEvent in binary or structured mode, as Eventarc
// sends them. It returns [ErrMalformed] or [ErrTooLarge] for a request that
// Pub/Sub cannot have sent.
func DecodePush(r *http.Request, limit int64) (*Push, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%w: at most %d bytes", ErrTooLarge, limit)
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case media == "application/cloudevents+json":
		return decodeStructured(body)
	case r.Header.Get("Ce-Type") != "":
		return decodeBinary(r.Header, body)
	default:
		return decodeEnvelope(body)
	}
}

// envelope is the body of a Pub/Sub push.
type envelope struct {
	Subscription string `json:"subscription"`
	Attempt      int    `json:"deliveryAttempt"`
	Message      *struct {
		ID          string            `json:"messageId"`
		Published   time.Time         `json:"publishTime"`
		OrderingKey string            `json:"orderingKey"`
		Attributes  map[string]string `json:"attributes"`
		Data        []byte            `json:"data"`
	} `json:"message"`
}

func decodeEnvelope(body []byte) (*Push, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if e.Message == nil || e.Message.ID == "" {
		return nil, fmt.Errorf("%w: message.messageId is missing", ErrMalformed)
	}
	m := e.Message
	if m.Attributes == nil {
		m.Attributes = map[string]string{}
	}
	return &Push{
		Subscription: e.Subscription,
		MessageID:    m.ID,
		OrderingKey:  m.OrderingKey,
		Published:    m.Published,
		Attempt:      e.Attempt,
		Attributes:   m.Attributes,
		Data:         m.Data,
	}, nil
}

// wrapped is the type of a CloudEvent whose data is itself a Pub/Sub push.
const wrapped = "google.cloud.pubsub.topic.v1.messagePublished"

func decodeStructured(body []byte) (*Push, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	p := &Push{Attributes: map[string]string{}, Data: fields["data"]}
	if raw, ok := fields["data_base64"]; ok {
		if err := json.Unmarshal(raw, &p.Data); err != nil {
			return nil, fmt.Errorf("%w: data_base64: %w", ErrMalformed, err)
		}
	}
	for name, raw := range fields {
		var value string
		if strings.HasPrefix(name, "data") || json.Unmarshal(raw, &value) != nil {
			continue
		}
		p.Attributes[attrPrefix+name] = value
	}
	return finishCloudEvent(p)
}

func decodeBinary(h http.Header, body []byte) (*Push, error) {
	p := &Push{Attributes: map[string]string{}, Data: body}
	for name, values := range h {
		if name := strings.ToLower(name); strings.HasPrefix(name, attrPrefix) {
			p.Attributes[name] = values[0]
		}
	}
	return finishCloudEvent(p)
}

func finishCloudEvent(p *Push) (*Push, error) {
	if p.Attributes[attrType] == wrapped {
		return decodeEnvelope(p.Data)
	}
	for _, name := range []string{attrID, attrType} {
		if p.Attributes[name] == "" {
			return nil, fmt.Errorf("%w: attribute %s is missing", ErrMalformed, strings.TrimPrefix(name, attrPrefix))
		}
	}
	p.MessageID = p.Attributes[attrID]
	p.Published = p.Header().Time
	return p, nil
}
