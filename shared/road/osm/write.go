package osm

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// perBlock is the number of elements in a block, as other writers have it.
const perBlock = 8000

// Writer writes an extract. Nodes come first, then ways, then relations, each in
// the order of their ids, as readers expect. The first error is kept and
// returned by Close.
type Writer struct {
	out io.Writer
	err error

	strings  map[string]uint64 // of the current block
	table    []byte
	group    []byte
	count    int
	kind     Kind
	dense    struct{ ids, lats, lngs, tags []byte }
	previous Node
}

// NewWriter returns a Writer to out. Close must be called.
func NewWriter(out io.Writer) *Writer {
	w := &Writer{out: out}
	var header []byte
	for _, feature := range []string{"OsmSchema-V0.6", "DenseNodes"} {
		header = appendText(header, 4, feature)
	}
	w.blob("OSMHeader", appendText(header, 16, "lastmile"))
	w.reset()
	return w
}

func (w *Writer) reset() {
	w.strings, w.table, w.group, w.count = map[string]uint64{"": 0}, appendText(nil, 1, ""), w.group[:0], 0
	d := &w.dense
	d.ids, d.lats, d.lngs, d.tags = d.ids[:0], d.lats[:0], d.lngs[:0], d.tags[:0]
	w.previous = Node{}
}

// Node adds a node.
func (w *Writer) Node(n Node) {
	w.begin(NodeKind)
	d, p := &w.dense, w.previous
	d.ids = appendSigned(d.ids, n.ID-p.ID)
	d.lats = appendSigned(d.lats, int64(n.Lat)-int64(p.Lat))
	d.lngs = appendSigned(d.lngs, int64(n.Lng)-int64(p.Lng))
	for _, s := range n.Tags {
		d.tags = protowire.AppendVarint(d.tags, w.text(s))
	}
	d.tags = protowire.AppendVarint(d.tags, 0)
	w.previous = n
}

// Way adds a way.
func (w *Writer) Way(way Way) {
	w.begin(WayKind)
	var refs []byte
	var at int64
	for _, r := range way.Refs {
		refs, at = appendSigned(refs, r-at), r
	}
	w.group = appendMessage(w.group, 3, appendMessage(w.head(way.ID, way.Tags), 8, refs))
}

// Relation adds a relation.
func (w *Writer) Relation(r Relation) {
	w.begin(RelationKind)
	var roles, ids, kinds []byte
	var at int64
	for _, m := range r.Members {
		roles = protowire.AppendVarint(roles, w.text(m.Role))
		ids, at = appendSigned(ids, m.ID-at), m.ID
		kinds = protowire.AppendVarint(kinds, uint64(m.Kind))
	}
	b := appendMessage(w.head(r.ID, r.Tags), 8, roles)
	w.group = appendMessage(w.group, 4, appendMessage(appendMessage(b, 9, ids), 10, kinds))
}

// Close writes what is left.
func (w *Writer) Close() error {
	w.flush()
	return w.err
}

// head is what ways and relations begin with.
func (w *Writer) head(id int64, tags Tags) []byte {
	var keys, values []byte
	for i := 0; i+1 < len(tags); i += 2 {
		keys = protowire.AppendVarint(keys, w.text(tags[i]))
		values = protowire.AppendVarint(values, w.text(tags[i+1]))
	}
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(id))
	return appendMessage(appendMessage(b, 2, keys), 3, values)
}

// begin makes room for an element: a block holds one kind.
func (w *Writer) begin(k Kind) {
	if w.count == perBlock || k != w.kind {
		w.flush()
	}
	w.kind = k
	w.count++
}

func (w *Writer) text(s string) uint64 {
	i, ok := w.strings[s]
	if !ok {
		i = uint64(len(w.strings))
		w.strings[s] = i
		w.table = appendText(w.table, 1, s)
	}
	return i
}

func (w *Writer) flush() {
	if w.count == 0 {
		return
	}
	if d := &w.dense; w.kind == NodeKind {
		b := appendMessage(appendMessage(nil, 1, d.ids), 8, d.lats)
		w.group = appendMessage(w.group, 2, appendMessage(appendMessage(b, 9, d.lngs), 10, d.tags))
	}
	w.blob("OSMData", appendMessage(appendMessage(nil, 1, w.table), 2, w.group))
	w.reset()
}

func (w *Writer) blob(kind string, data []byte) {
	if w.err != nil {
		return
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err := z.Write(data)
	if closed := z.Close(); err == nil {
		err = closed
	}
	blob := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), uint64(len(data)))
	blob = appendMessage(blob, 3, packed.Bytes())
	header := protowire.AppendTag(appendText(nil, 1, kind), 3, protowire.VarintType)
	header = protowire.AppendVarint(header, uint64(len(blob)))
	for _, b := range [][]byte{binary.BigEndian.AppendUint32(nil, uint32(len(header))), header, blob} {
		if err == nil {
			_, err = w.out.Write(b)
		}
	}
	if err != nil {
		w.err = fmt.Errorf("write extract: %w", err)
	}
}

func appendSigned(b []byte, v int64) []byte {
	return protowire.AppendVarint(b, protowire.EncodeZigZag(v))
}

func appendText(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func appendMessage(b []byte, n protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), m)
}
