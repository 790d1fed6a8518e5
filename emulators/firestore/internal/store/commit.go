package store

import (
	"fmt"
	"slices"
	"strconv"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// maxDocument is Google's limit on a document, in bytes.
const maxDocument = 1 << 20

// Commit applies all writes or none. If valid is not nil it decides first, on
// what the commit would start from.
func (s *Store) Commit(writes []Write, valid func(View) error) (*Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if valid != nil {
		if err := valid(View{s}); err != nil {
			return nil, err
		}
	}
	c := commit{store: s, at: s.next(), staged: make(map[name.Key]*staged, len(writes))}
	for i := range writes {
		if err := c.stage(&writes[i]); err != nil {
			return nil, err
		}
	}
	if err := c.encode(); err != nil {
		return nil, err
	}
	wait := c.install()
	return &Receipt{At: c.at, Results: c.results, wait: wait}, nil
}

// Receipt is what a commit did.
type Receipt struct {
	At      Time
	Results []*pb.WriteResult
	wait    func() error
}

// Wait returns when the commit is durable. The commit is visible before.
func (r *Receipt) Wait() error { return r.wait() }

// commit collects the effect of writes before any of it is visible.
type commit struct {
	store   *Store
	at      Time
	staged  map[name.Key]*staged
	order   []*staged
	results []*pb.WriteResult
}

// staged is a document that the commit changes.
type staged struct {
	key  name.Key
	full string
	was  *pb.Document // nil: missing
	doc  *pb.Document // nil: deleted
	wire []byte       // doc encoded
	size int
}

// stage adds a write. One that changes nothing leaves the document as it is,
// with its update time.
func (c *commit) stage(w *Write) error {
	st := c.staged[w.Key]
	if st == nil {
		was := c.store.get(w.Key, Latest)
		st = &staged{key: w.Key, full: w.full, was: was, doc: was}
		c.staged[w.Key] = st
		c.order = append(c.order, st)
	}
	if err := w.check(st.doc); err != nil {
		return err
	}
	doc, answers, err := w.apply(st.doc, c.at)
	if err != nil {
		return err
	}
	if doc == nil || st.doc == nil || !value.Identical(doc.Fields, st.doc.Fields) {
		st.doc = doc
	}
	c.results = append(c.results, &pb.WriteResult{UpdateTime: st.doc.GetUpdateTime(), TransformResults: answers})
	return st.measure()
}

// measure checks the limits of the finished document.
func (st *staged) measure() error {
	if st.doc == nil {
		st.size = 0
		return nil
	}
	st.size = value.DocumentSize(st.full, st.doc.Fields)
	if st.size > maxDocument {
		return status.Errorf(codes.InvalidArgument,
			"Document '%s' cannot be written because its size (%s bytes) exceeds the maximum allowed size of %s bytes.",
			st.full, thousands(st.size), thousands(maxDocument))
	}
	return nil
}

// encode leaves only what the commit changes, ready to be kept.
func (c *commit) encode() (err error) {
	c.order = slices.DeleteFunc(c.order, func(st *staged) bool { return st.doc == st.was })
	for _, st := range c.order {
		if st.doc == nil {
			continue
		}
		if st.wire, err = proto.Marshal(st.doc); err != nil {
			return status.Errorf(codes.InvalidArgument, "Document '%s' cannot be encoded: %v", st.full, err)
		}
	}
	return nil
}

// install makes the commit visible and hands it to the journal. The caller
// holds the store's mutex; the answer waits until the commit is durable.
func (c *commit) install() (wait func() error) {
	for _, st := range c.order {
		c.store.install(st.key, st.doc, st.wire, st.size, c.at)
	}
	c.store.writes.Add(int64(len(c.results)))
	c.store.trim()
	if len(c.order) > 0 {
		c.store.wake()
	}
	if c.store.journal == nil || len(c.order) == 0 {
		return func() error { return nil }
	}
	return c.store.journal.Append(c.journaled())
}

// journaled are the documents as the journal keeps them: a deleted one has no
// creation time.
func (c *commit) journaled() [][]byte {
	docs := make([][]byte, len(c.order))
	for i, st := range c.order {
		docs[i] = st.wire
		if st.doc == nil {
			docs[i] = deletion(st.full, c.at)
		}
	}
	return docs
}

func deletion(full string, at Time) []byte {
	wire, err := proto.Marshal(&pb.Document{Name: full, UpdateTime: at.Proto()})
	if err != nil {
		panic(fmt.Sprintf("store: a checked name does not encode: %v", err))
	}
	return wire
}

// thousands writes n with commas, as Google's message does.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
