package road_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/network"
	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

// An extract of any blocks is an error, or a map whose tables and single answers
// agree. The blocks are unpacked, so that what is changed is what they say.
func FuzzExtract(f *testing.F) {
	var extract, rules bytes.Buffer
	require.NoError(f, city.Write(&extract, city.Options{Nodes: 60}))
	w := osm.NewWriter(&rules)
	w.Relation(osm.Relation{ID: 1, Tags: osm.Tags{"type", "restriction", "restriction", "only_left_turn"}, Members: []osm.Member{
		{Kind: osm.WayKind, ID: 1, Role: "from"}, {Kind: osm.NodeKind, ID: 2, Role: "via"}, {Kind: osm.WayKind, ID: 2, Role: "to"},
	}})
	w.Relation(osm.Relation{ID: 2, Tags: osm.Tags{"type", "restriction", "restriction", "no_u_turn"}, Members: []osm.Member{
		{Kind: osm.WayKind, ID: 3, Role: "from"}, {Kind: osm.WayKind, ID: 1, Role: "via"}, {Kind: osm.WayKind, ID: 2, Role: "to"},
	}})
	require.NoError(f, w.Close())
	blocks := unpack(f, extract.Bytes())
	f.Add(blocks[0], blocks[1], unpack(f, rules.Bytes())[0])
	f.Fuzz(func(t *testing.T, nodes, ways, relations []byte) {
		var file []byte
		for _, b := range [][]byte{nodes, ways, relations} {
			file = appendBlock(file, b)
		}
		car := profile.Car()
		n, err := network.Build(func(v osm.Visitor) error { return osm.Read(bytes.NewReader(file), v) }, car)
		if err != nil {
			return
		}
		m, err := road.Prepare(n, car, road.Options{})
		if err != nil {
			return
		}
		require.NoError(t, m.Check())
		agree(t, m)
	})
}

// agree asks some pairs in two ways.
func agree(t *testing.T, m *road.Map) {
	var places []road.Place
	points, _ := m.Size()
	for i := 0; i < points; i += 1 + points/5 {
		places = append(places, m.AtPoint(i))
	}
	f, table := road.NewFinder(m), make([]road.Cost, len(places)*len(places))
	f.Table(table, places, places, never)
	for i, from := range places {
		for j, to := range places {
			require.Equal(t, f.Distance(from, to), table[i*len(places)+j])
		}
	}
}

// unpack returns the contents of a file's data blocks.
func unpack(t require.TestingT, file []byte) (blocks [][]byte) {
	for len(file) > 0 {
		header := 4 + binary.BigEndian.Uint32(file)
		size := 0
		eachField(t, file[4:header], func(n protowire.Number, value uint64, _ []byte) {
			if n == 3 {
				size = int(value)
			}
		})
		eachField(t, file[header:int(header)+size], func(n protowire.Number, _ uint64, b []byte) {
			if n == 3 {
				z, err := zlib.NewReader(bytes.NewReader(b))
				require.NoError(t, err)
				data, err := io.ReadAll(z)
				require.NoError(t, err)
				blocks = append(blocks, data)
			}
		})
		file = file[int(header)+size:]
	}
	return blocks[1:] // after the file's header
}

func eachField(t require.TestingT, b []byte, f func(n protowire.Number, value uint64, bytes []byte)) {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeField(b)
		require.Positive(t, size)
		_, _, head := protowire.ConsumeTag(b)
		switch kind {
		case protowire.VarintType:
			value, _ := protowire.ConsumeVarint(b[head:])
			f(n, value, nil)
		case protowire.BytesType:
			content, _ := protowire.ConsumeBytes(b[head:])
			f(n, 0, content)
		}
		b = b[size:]
	}
}

// appendBlock appends a data block that is not packed.
func appendBlock(file, content []byte) []byte {
	blob := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), content)
	header := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "OSMData")
	header = protowire.AppendVarint(protowire.AppendTag(header, 3, protowire.VarintType), uint64(len(blob)))
	file = binary.BigEndian.AppendUint32(file, uint32(len(header)))
	return append(append(file, header...), blob...)
}
