package store

import (
	"fmt"
	"sync/atomic"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// Bounds on what is kept decoded: it takes some six times the memory.
const (
	warmVersions = 4096
	warmSize     = 16 << 10 // a larger document is decoded each time, in bytes
)

// warm are the versions that were decoded last; the newest takes the place of
// the oldest.
type warm struct {
	next  atomic.Uint64
	slots [warmVersions]atomic.Pointer[version]
}

// keep leaves doc with v for its next readers, until enough others came.
func (w *warm) keep(v *version, doc *pb.Document) {
	if v.size > warmSize {
		return
	}
	v.doc.Store(doc)
	slot := &w.slots[w.next.Add(1)%warmVersions]
	if old := slot.Swap(v); old != nil && old != v {
		old.doc.Store(nil)
	}
}

// document decodes v, nil if it is nothing.
func (s *Store) document(v *version) *pb.Document {
	if !v.exists() {
		return nil
	}
	if doc := v.doc.Load(); doc != nil {
		return doc
	}
	doc := v.decode()
	s.warm.keep(v, doc)
	return doc
}

func (v *version) decode() *pb.Document {
	doc := &pb.Document{}
	if err := proto.Unmarshal(v.wire, doc); err != nil {
		panic(fmt.Sprintf("store: what was encoded does not decode: %v", err))
	}
	return doc
}
