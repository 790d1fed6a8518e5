package store

import (
	"math"
	"sync/atomic"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/firestore/internal/name"
)

// Time is a commit or read time in microseconds since 1970: Firestore's
// resolution.
type Time int64

// Latest stands for whatever is newest.
const Latest Time = math.MaxInt64

// TimeOf cuts t to microseconds.
func TimeOf(t *timestamppb.Timestamp) Time { return timeOf(t.AsTime()) }

func timeOf(t time.Time) Time { return Time(t.UnixMicro()) }

// Proto is the time on the wire.
func (t Time) Proto() *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(int64(t))) }

// record is a document through time. Its versions are immutable; head is
// guarded by the store's mutex.
type record struct {
	key  name.Key
	head *version
}

// version is what a record was from one time on.
type version struct {
	record *record
	at     Time
	wire   []byte                      // the document encoded; nil: deleted
	doc    atomic.Pointer[pb.Document] // while it is warm
	size   int
	prev   *version // guarded by the store's mutex; nil when forgotten
}

// exists is false for nothing and for a deletion.
func (v *version) exists() bool { return v != nil && v.wire != nil }

// read returns what the record was at t, nil if that was nothing.
func (r *record) read(t Time) *version {
	for v := r.head; v != nil; v = v.prev {
		if v.at <= t {
			return v
		}
	}
	return nil
}
