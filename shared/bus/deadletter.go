package bus

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// DeadLetterTopic takes what could not be handled: from Pub/Sub after the last
// attempt, and from [Bus.Bury] at once.
const DeadLetterTopic = "deadletter.v1"

// The attributes that Pub/Sub adds to a dead letter, and ours beside them.
const (
	attrDeadSubscription = "CloudPubSubDeadLetterSourceSubscription"
	attrDeadAttempts     = "CloudPubSubDeadLetterSourceDeliveryCount"
	attrDeadCause        = "deadletter-cause"
	attrDeadClass        = "deadletter-class"
)

// maxAttribute is what Pub/Sub takes as the value of an attribute, in bytes.
const maxAttribute = 1024

// DeadLetter is a message that could not be handled.
type DeadLetter struct {
	Message

	// Subscription is where it failed.
	Subscription string

	// Attempts is how often it was delivered there; 0 if unknown.
	Attempts int

	// Class and Cause are empty if Pub/Sub gave up: the attempts' records tell why.
	Class, Cause string
}

// Bury sends p to the dead letter topic, with the reason why no retry can help.
func (b *Bus) Bury(ctx context.Context, p *Push, class string, cause error) error {
	attributes := maps.Clone(p.Attributes)
	attributes[attrDeadSubscription] = p.Subscription[strings.LastIndexByte(p.Subscription, '/')+1:]
	attributes[attrDeadAttempts] = strconv.Itoa(max(p.Attempt, 1))
	attributes[attrDeadClass] = class
	attributes[attrDeadCause] = cut(strings.ToValidUTF8(cause.Error(), "\ufffd"), maxAttribute)
	if attributes[attrID] == "" {
		attributes[attrID] = p.MessageID
	}
	if attributes[attrTime] == "" && !p.Published.IsZero() {
		attributes[attrTime] = p.Published.UTC().Format(time.RFC3339Nano)
	}
	if err := b.Send(ctx, Message{Topic: DeadLetterTopic, Data: p.Data, Attributes: attributes}); err != nil {
		return fmt.Errorf("bury %s: %w", p.MessageID, err)
	}
	return nil
}

// DeadLetter returns p, delivered from the dead letter topic, as it was before
// it got there, beside why it did.
func (p *Push) DeadLetter() DeadLetter {
	d := DeadLetter{
		Message:      Message{Topic: string(p.Type()), Data: p.Data, Attributes: map[string]string{}},
		Subscription: p.Attributes[attrDeadSubscription],
		Class:        p.Attributes[attrDeadClass],
		Cause:        p.Attributes[attrDeadCause],
	}
	d.Attempts, _ = strconv.Atoi(p.Attributes[attrDeadAttempts])
	for k, v := range p.Attributes {
		if !strings.HasPrefix(k, "CloudPubSubDeadLetter") && !strings.HasPrefix(k, "deadletter-") {
			d.Attributes[k] = v
		}
	}
	if d.Attributes[attrID] == "" {
		d.Attributes[attrID] = p.MessageID
	}
	return d
}

// cut shortens s to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
