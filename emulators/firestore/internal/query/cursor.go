package query

import (
	"bytes"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/value"
)

// cursor is a position between sort keys: before or after all the keys that
// start with prefix.
type cursor struct {
	prefix []byte
	before bool
}

func (p parser) cursor(c *pb.Cursor, orders []Order) (*cursor, error) {
	if c == nil || len(c.Values) == 0 {
		return nil, nil
	}
	if len(c.Values) > len(orders) {
		return nil, status.Errorf(codes.InvalidArgument, "Cursor has too many values: %d for %d orders.", len(c.Values), len(orders))
	}
	n := &cursor{before: c.Before}
	for i, v := range c.Values {
		enc, err := p.operand(orders[i].Path, v)
		if err != nil {
			return nil, err
		}
		if orders[i].Descending {
			value.Invert(enc)
		}
		n.prefix = append(n.prefix, enc...)
	}
	return n, nil
}

// cuts tells whether key lies before the cursor. A nil cursor cuts nothing.
func (c *cursor) cuts(key []byte) bool {
	if c == nil {
		return false
	}
	if bytes.HasPrefix(key, c.prefix) {
		return !c.before
	}
	return bytes.Compare(key, c.prefix) < 0
}

// bound is the first key that is not before the cursor.
func (c *cursor) bound() string {
	if c.before {
		return string(c.prefix)
	}
	return after(string(c.prefix))
}

// after is the first key behind all that start with prefix; "" if there is none.
func after(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 {
		last := len(b) - 1
		if b[last]++; b[last] != 0 {
			return string(b)
		}
		b = b[:last]
	}
	return ""
}

// CursorAfter is the position behind doc, a document of the result.
func (n *Query) CursorAfter(doc *pb.Document) *pb.Cursor {
	c := &pb.Cursor{}
	for _, o := range n.Orders {
		v := &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: doc.Name}}
		if len(o.Path) > 0 {
			v = o.Path.Get(doc.Fields)
		}
		c.Values = append(c.Values, v)
	}
	return c
}
