package queue

import (
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
)

// Message is one published message. It is shared by all subscriptions of its
// topic and never changed. It keeps the message as it goes over the wire, which
// takes half the memory of the decoded form.
type Message struct {
	Seq  uint64
	At   time.Time
	Key  string // for ordering, "" for none
	Wire []byte // the PubsubMessage
}

// NewMessage encodes body, which carries its id and time already.
func NewMessage(seq uint64, at time.Time, body *pubsubpb.PubsubMessage) *Message {
	wire, err := proto.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("message %d was decoded and does not encode: %v", seq, err))
	}
	return &Message{Seq: seq, At: at, Key: body.GetOrderingKey(), Wire: wire}
}

// Body decodes the message.
func (m *Message) Body() *pubsubpb.PubsubMessage {
	body := &pubsubpb.PubsubMessage{}
	if err := proto.Unmarshal(m.Wire, body); err != nil {
		panic(fmt.Sprintf("message %d was encoded and does not decode: %v", m.Seq, err))
	}
	return body
}

// Size is what flow control counts for m.
func (m *Message) Size() int { return len(m.Wire) }
