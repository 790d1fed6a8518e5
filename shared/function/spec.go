// Package function runs functions: what Pub/Sub, Cloud Tasks, Cloud Scheduler
// and callers send, decoded, logged, handed to a handler, and its error mapped
// to what the sender does next.
//
// A [Spec] declares a function: what triggers it and what it sends. Terraform,
// the local stack and the program that serves it all read the same Spec.
package function

import (
	"net/http"
	"time"

	"lastmile/shared/bus"
	"lastmile/shared/event"
	"lastmile/shared/httpapi"
	"lastmile/shared/platform"
)

// Spec declares a function.
type Spec struct {
	// Name is the folder, package, service, service account and log field.
	Name string

	// Class sizes the service.
	Class Class

	// Timeout bounds one call; zero is [DefaultTimeout]. Subscriptions wait longer
	// than that before they deliver again.
	Timeout time.Duration

	// Publishes lists the events that the function sends; it may send no others.
	Publishes []event.Event

	// Schedules lists the functions that it sets timers for.
	Schedules []string

	// Secrets lists the secrets that it may read.
	Secrets []string

	// Uses lists what it opens beyond Firestore and Pub/Sub; it can open nothing
	// else.
	Uses []platform.Resource

	// Calls lists the functions that it calls over HTTP.
	Calls []string

	// Paths are those that callers from outside reach it by, such as "/v1/*"; none
	// for a function that only others call.
	Paths []string

	// ShadowOf names the function that this one is to replace, ShadowedBy the one
	// that is to replace it: both subscribe to the same events, and the cut-over
	// (package cutover) says whose effects are made. A pair names each other.
	ShadowOf, ShadowedBy string

	// Binding is the function itself, with its triggers.
	Binding Binding
}

// Class is a size of service. Terraform gives each its memory, processors,
// concurrency and number of instances.
type Class string

const (
	// Small is for short events, one at a time or nearly so.
	Small Class = "small"

	// Bulk is for events that arrive by the thousand and wait on others.
	Bulk Class = "bulk"

	// Interactive is for calls that somebody waits for.
	Interactive Class = "interactive"

	// Warm is for calls that need data in memory: it never scales to zero.
	Warm Class = "warm"

	// Sockets is for connections that stay open for an hour.
	Sockets Class = "sockets"
)

// DefaultTimeout bounds a call of a function that says nothing else.
const DefaultTimeout = 60 * time.Second

// timeout is the Spec's timeout or the default one.
func (s Spec) timeout() time.Duration {
	if s.Timeout == 0 {
		return DefaultTimeout
	}
	return s.Timeout
}

// topics are those that the function may publish to: of its events, and of what it
// could not handle.
func (s Spec) topics() []string {
	all := topics(s.Publishes)
	for _, t := range s.Binding.Triggers {
		if t.Topic != "" {
			return append(all, bus.DeadLetterTopic)
		}
	}
	return all
}

// Handler builds the function on p, limits p to what the function declares, and
// returns it as Cloud Run serves it.
func (s Spec) Handler(p *platform.Platform) (http.Handler, error) {
	p.Limit(s.topics(), s.Uses...)
	h, err := s.Binding.handler(s, p)
	if err != nil {
		return nil, err
	}
	return httpapi.Hurry(httpapi.BodyTime)(h), nil
}
