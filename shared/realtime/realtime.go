// Package realtime takes an event published anywhere to exactly the gateways
// that hold its audience, and keeps what they could not take.
//
// It owns the keys below "rt:" in Redis: who is connected where, the numbered
// log of every audience, the leases of gateways and what waits for an
// acknowledgement. Functions publish with a [Publisher] and are no members of
// anything; gateways also [Join].
//
// It promises that
//   - a durable event is numbered and kept in the log of its audience before
//     Publish returns, in one round trip; whoever resumes from a number gets
//     what followed, in order, or is told that the log no longer reaches;
//   - a latest-only event costs one command, and none if its audience is here;
//   - only instances that hold the audience do any work for an event;
//   - a durable event whose kind has a fallback reaches the [Fallback] if no
//     instance took it, or if its client did not acknowledge it in time;
//   - what a dead or frozen instance held is cleaned up by any other within its
//     lease and a beat.
//
// Clocks of instances must agree to within a second. With Redis persisted every
// second, a restart may forget the last second of numbers: those who are
// connected then and have seen what is gone are told to refetch, whatever has its
// number by now, and so is everybody else from then on.
package realtime

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrInvalid means that a publish makes no sense; the text names the field.
	ErrInvalid = errors.New("realtime: invalid")
	// ErrUnavailable means that Redis, or this instance's place in it, is gone
	// for the moment.
	ErrUnavailable = errors.New("realtime: unavailable")
)

// Audience is whom an event is for, and the name of the numbered log of what was
// sent there.
type Audience string

// Client is one entity with all its connections, such as courier 7.
func Client(entity, id string) Audience { return Audience("c/" + entity + ":" + id) }

// Topic is whoever watches a thing, such as order 12.
func Topic(kind, id string) Audience { return Audience("t/" + kind + ":" + id) }

// Role is everybody connected who has a role, such as "operator".
func Role(role string) Audience { return Topic(roleKind, role) }

const (
	roleKind     = "role"
	presenceKind = "presence"
)

// PresenceOf is the topic of joins and leaves of a client.
func PresenceOf(client Audience) Audience { return Topic(presenceKind, client.Name()) }

// ParseClient reads "courier:7".
func ParseClient(name string) (Audience, error) { return parse("c/", name) }

// ParseTopic reads "order:12".
func ParseTopic(name string) (Audience, error) { return parse("t/", name) }

// ParseAudience reads "courier:7" (a client), "topic order:12" and "role operator".
func ParseAudience(text string) (Audience, error) {
	if name, ok := strings.CutPrefix(text, "topic "); ok {
		return ParseTopic(name)
	}
	if name, ok := strings.CutPrefix(text, "role "); ok {
		return Role(name), Role(name).validate()
	}
	return ParseClient(text)
}

func parse(prefix, name string) (Audience, error) {
	a := Audience(prefix + name)
	return a, a.validate()
}

// IsClient tells a client from a topic.
func (a Audience) IsClient() bool { return strings.HasPrefix(string(a), "c/") }

// IsRole tells whether a is a topic that nobody may choose to watch.
func (a Audience) IsRole() bool { return strings.HasPrefix(string(a), "t/"+roleKind+":") }

// Name is what users call it: "courier:7", "order:12".
func (a Audience) Name() string {
	if len(a) < 2 {
		return ""
	}
	return string(a[2:])
}

const maxName = 160

func (a Audience) validate() error {
	kind, id, ok := strings.Cut(a.Name(), ":")
	switch {
	case !ok || kind == "" || id == "":
		return fmt.Errorf("%w: audience %q must be of the form kind:id", ErrInvalid, a.Name())
	case !plain(a.Name()):
		return fmt.Errorf("%w: audience %.40q must be at most %d printable ASCII characters without space and quotes", ErrInvalid, a.Name(), maxName)
	}
	return nil
}

// plain reports whether s can stand in keys, headers and JSON as it is.
func plain(s string) bool {
	if len(s) > maxName {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
