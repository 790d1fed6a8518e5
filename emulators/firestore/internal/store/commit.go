package store

import (
	"strconv"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	doc  *pb.Document // nil: deleted
	size int
}

// stage adds a write. One that changes nothing leaves the document as it is,
// with its update time.
func (c *commit) stage(w *Write) error {
	st := c.staged[w.Key]
	if st == nil {
		st = &staged{key: w.Key, full: w.full, doc: c.store.get(w.Key, Latest)}
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

// install makes the commit visible and hands it to the journal. The caller
// holds the store's mutex; the answer waits until the commit is durable.
func (c *commit) install() (wait func() error) {
	var changed []*pb.Document
	for _, st := range c.order {
		if c.store.get(st.key, Latest) == st.doc {
			continue
		}
		c.store.install(st.key, st.doc, st.size, c.at)
		changed = append(changed, st.journaled(c.at))
	}
	c.store.writes.Add(int64(len(c.results)))
	c.store.trim()
	if len(changed) > 0 {
		c.store.wake()
	}
	if c.store.journal == nil || len(changed) == 0 {
		return func() error { return nil }
	}
	return c.store.journal.Append(changed)
}

// journaled is the document as the journal keeps it: a deleted one has no
// creation time.
func (st *staged) journaled(at Time) *pb.Document {
	if st.doc != nil {
		return st.doc
	}
	return &pb.Document{Name: st.full, UpdateTime: at.Proto()}
}

// thousands writes n with commas, as Google's message does.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
