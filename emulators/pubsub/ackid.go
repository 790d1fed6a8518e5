package pubsub

import (
	"strconv"
	"strings"

	"lastmile/emulators/pubsub/queue"
)

// ackID names one delivery to a subscriber that pulls. It is opaque to clients.
func (s *subscription) ackID(l queue.Lease) string {
	b := make([]byte, 0, 32)
	b = strconv.AppendUint(b, uint64(s.uid), 36)
	b = strconv.AppendUint(append(b, '-'), l.Key, 36)
	b = strconv.AppendUint(append(b, '-'), uint64(l.Gen), 36)
	return string(b)
}

// lease reads an ack id; ok is false for one that this subscription never gave out.
func (s *subscription) lease(ackID string) (l queue.Lease, ok bool) {
	uid, rest, _ := strings.Cut(ackID, "-")
	key, gen, _ := strings.Cut(rest, "-")
	u, err1 := strconv.ParseUint(uid, 36, 32)
	k, err2 := strconv.ParseUint(key, 36, 64)
	g, err3 := strconv.ParseUint(gen, 36, 32)
	ok = err1 == nil && err2 == nil && err3 == nil && uint32(u) == s.uid
	return queue.Lease{Key: k, Gen: uint32(g)}, ok
}
