package hub

import "sync"

// Frame is one message for any number of connections. It is encoded once for
// each wire, however many share it.
type Frame struct {
	// Sum is for the caller, who may set it before sending: [Conn.Place] tells that
	// of the last numbered frame.
	Sum string

	text []byte
	key  string // of what it replaces; "" if every one counts

	once  [wires]sync.Once
	bytes [wires][]byte
}

// Format numbers the kinds of wire.
type Format int

// The formats there are.
const (
	WebSocket Format = iota
	EventStream
	wires
)

// NewFrame returns a frame of a JSON text, which nobody may change afterwards.
// Of frames with one key only the newest needs to arrive; "" is no key.
func NewFrame(text []byte, key string) *Frame { return &Frame{text: text, key: key} }

// as returns the bytes for a wire.
func (f *Frame) as(w Wire) []byte {
	n := w.Format()
	f.once[n].Do(func() { f.bytes[n] = w.Encode(f.text) })
	return f.bytes[n]
}
