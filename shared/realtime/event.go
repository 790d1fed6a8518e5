package realtime

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxData is the largest payload of an event in bytes of JSON.
const MaxData = 64 << 10

// Event is something that happened, for those who watch.
type Event struct {
	// Kind is the name of an entry in Kinds.
	Kind string
	// Key is what a latest-only event replaces: of two with one key only the newer
	// counts. Empty means the kind.
	Key string
	// ID makes a durable event count once per audience however often it is
	// published, for a quarter of an hour. Empty means that every publish counts.
	ID string
	// Data is the payload; it is encoded as JSON.
	Data any
}

// Receipt says what became of a publish.
type Receipt struct {
	// Epoch and Number are the place of a durable event in the log of its audience.
	Epoch  string
	Number uint64
	// Reached is how many instances took the event.
	Reached int
	// Repeated means that the event had been published before; nothing was done.
	Repeated bool
}

// tail encodes all of a frame but its opening and number: the frame of an event
// is `{"n":7,"e":"x",` or `{`, and then the tail.
func (e Event) tail(to Audience) (string, error) {
	data, err := json.Marshal(e.Data)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: data of %s: %w", ErrInvalid, e.Kind, err)
	case len(data) > MaxData:
		return "", fmt.Errorf("%w: data of %s has %d bytes, at most %d fit: send a reference", ErrInvalid, e.Kind, len(data), MaxData)
	case !utf8.Valid(data):
		return "", fmt.Errorf("%w: data of %s must be UTF-8", ErrInvalid, e.Kind)
	case !plain(e.Key) || !plain(e.ID):
		return "", fmt.Errorf("%w: key and id of %s must be at most %d printable ASCII characters without space and quotes", ErrInvalid, e.Kind, maxName)
	}
	var b strings.Builder
	b.Grow(len(data) + len(to) + len(e.Kind) + len(e.Key) + 40)
	b.WriteString(`"t":"` + e.Kind + `"`)
	if !to.IsClient() {
		b.WriteString(`,"s":"` + to.Name() + `"`)
	}
	if e.Key != "" {
		b.WriteString(`,"k":"` + e.Key + `"`)
	}
	b.WriteString(`,"d":`)
	b.Write(data)
	b.WriteByte('}')
	return b.String(), nil
}

// frame is what [prelude.lua] builds too.
func frame(number uint64, epoch, tail string) []byte {
	b := make([]byte, 0, len(tail)+len(epoch)+32)
	b = append(b, `{"n":`...)
	b = strconv.AppendUint(b, number, 10)
	b = append(b, `,"e":"`...)
	b = append(b, epoch...)
	b = append(b, `",`...)
	return append(b, tail...)
}

// Sum tells frames apart, for [Member].
func Sum(frame []byte) string {
	sum := sha1.Sum(frame) // as Redis has it: nobody is to be kept from making a second one
	return hex.EncodeToString(sum[:8])
}
