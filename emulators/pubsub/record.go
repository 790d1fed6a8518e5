package pubsub

import (
	"encoding/binary"
	"errors"

	"google.golang.org/protobuf/proto"
)

// Kinds of records in the journal. A record is its fields one after the other: numbers as
// uvarints, text and messages with their length in front.
const (
	recTopic        = 'T' // topic
	recTopicGone    = 't' // name
	recSub          = 'S' // subscription; created or changed
	recSubGone      = 's' // name
	recSnapshot     = 'N' // snapshot, newest message, count, messages
	recSnapshotGone = 'n' // name
	recPublished    = 'M' // topic, message; for the subscriptions of this moment
	recMessage      = 'K' // message; known to the records after it
	recBacklog      = 'P' // subscription, message, failures
	recRetained     = 'R' // subscription, message
	recHistory      = 'H' // topic, message
	recAcked        = 'A' // subscription, message
	recFailed       = 'F' // subscription, message, failures
)

var errRecord = errors.New("a record does not decode")

// record is one being written.
type record []byte

func (r record) number(n uint64) record { return binary.AppendUvarint(r, n) }

func (r record) bytes(b []byte) record { return append(r.number(uint64(len(b))), b...) }

func (r record) text(s string) record { return append(r.number(uint64(len(s))), s...) }

func (r record) message(m proto.Message) record {
	b, err := proto.MarshalOptions{}.MarshalAppend(r.number(uint64(proto.Size(m))), m)
	if err != nil {
		panic(err) // only for invalid UTF-8, which did not pass the server
	}
	return b
}

// reading is one being read; the first fault stays.
type reading struct {
	rest []byte
	err  error
}

func (r *reading) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.err = errRecord
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reading) bytes() []byte {
	n := r.number()
	if r.err != nil || n > uint64(len(r.rest)) {
		r.err = errRecord
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reading) text() string { return string(r.bytes()) }

func (r *reading) message(m proto.Message) {
	b := r.bytes()
	if r.err == nil {
		r.err = proto.Unmarshal(b, m)
	}
}
