package realtime

import (
	"bytes"
	"strconv"
	"strings"
)

// Op is what a Delivery asks for.
type Op byte

// The operations of a Delivery.
const (
	Durable     Op = 'D' // send Frame, which is Number of Epoch in the log of To
	Latest      Op = 'L' // send Frame in place of what waits with the same Key
	Disconnect  Op = 'X' // close the connections of the client To, or those of Session; Key says why
	Unsubscribe Op = 'U' // take the topic named Key from the client To

	bounced Op = 'B' // Latest that was sent on once: never again
	joined  Op = 'J' // the instance named Key holds To as well, since now
	probe   Op = 'P' // from this instance to itself: the inbox is alive
)

// Delivery is one message to an instance.
type Delivery struct {
	Op      Op
	To      Audience
	Number  uint64
	Epoch   string
	Key     string
	Session string // of a Disconnect; "" for all
	Frame   []byte // do not change it
}

// encode is the form in an inbox of all but durable events, whose form is made
// in publish.lua: operation, audience, key, session and the frame, each on a line.
func (d Delivery) encode() []byte {
	b := make([]byte, 0, len(d.To)+len(d.Key)+len(d.Session)+len(d.Frame)+4)
	b = append(b, byte(d.Op))
	b = append(b, d.To...)
	b = append(b, '\n')
	b = append(b, d.Key...)
	b = append(b, '\n')
	b = append(b, d.Session...)
	b = append(b, '\n')
	return append(b, d.Frame...)
}

// decode reads a message; ok is false if it is none.
func decode(raw string) (d Delivery, ok bool) {
	if raw == "" {
		return d, false
	}
	to, rest, ok1 := strings.Cut(raw[1:], "\n")
	second, rest, ok2 := strings.Cut(rest, "\n")
	third, body, ok3 := strings.Cut(rest, "\n")
	d = Delivery{Op: Op(raw[0]), To: Audience(to), Frame: []byte(body)}
	if !ok1 || !ok2 || !ok3 {
		return d, false
	}
	if d.Op != Durable {
		d.Key, d.Session = second, third
		return d, bytes.IndexByte([]byte("LXUBJP"), raw[0]) >= 0
	}
	number, err := strconv.ParseUint(second, 10, 64)
	d.Number, d.Epoch = number, third
	return d, err == nil && number > 0
}
