package osm_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/road/osm"
)

// extract is all that a file holds.
type extract struct {
	Nodes     []osm.Node
	Ways      []osm.Way
	Relations []osm.Relation
}

func (e *extract) visitor() osm.Visitor {
	return osm.Visitor{
		Node: func(n osm.Node) error {
			n.Tags = append(osm.Tags(nil), n.Tags...)
			e.Nodes = append(e.Nodes, n)
			return nil
		},
		Way: func(w osm.Way) error {
			w.Tags, w.Refs = append(osm.Tags(nil), w.Tags...), slices.Clone(w.Refs)
			e.Ways = append(e.Ways, w)
			return nil
		},
		Relation: func(r osm.Relation) error {
			r.Tags, r.Members = append(osm.Tags(nil), r.Tags...), slices.Clone(r.Members)
			e.Relations = append(e.Relations, r)
			return nil
		},
	}
}

func (e *extract) write(t require.TestingT, out io.Writer) {
	w := osm.NewWriter(out)
	for _, n := range e.Nodes {
		w.Node(n)
	}
	for _, way := range e.Ways {
		w.Way(way)
	}
	for _, r := range e.Relations {
		w.Relation(r)
	}
	require.NoError(t, w.Close())
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zé:=]{1,6}`)
		tags := rapid.Custom(func(t *rapid.T) osm.Tags {
			var all osm.Tags
			for range rapid.IntRange(0, 3).Draw(t, "tags") {
				all = append(all, word.Draw(t, "key"), word.Draw(t, "value"))
			}
			return all
		})
		id := rapid.Int64Range(1, 1<<40)
		node := rapid.Custom(func(t *rapid.T) osm.Node {
			return osm.Node{ID: id.Draw(t, "id"), Lat: rapid.Int32Range(-9e8, 9e8).Draw(t, "lat"), Lng: rapid.Int32Range(-18e8, 18e8).Draw(t, "lng"), Tags: tags.Draw(t, "tags")}
		})
		way := rapid.Custom(func(t *rapid.T) osm.Way {
			return osm.Way{ID: id.Draw(t, "id"), Refs: rapid.SliceOfN(id, 1, 9).Draw(t, "refs"), Tags: tags.Draw(t, "tags")}
		})
		relation := rapid.Custom(func(t *rapid.T) osm.Relation {
			m := osm.Member{Kind: osm.WayKind, ID: id.Draw(t, "member"), Role: word.Draw(t, "role")}
			return osm.Relation{ID: id.Draw(t, "id"), Members: []osm.Member{m}, Tags: tags.Draw(t, "tags")}
		})
		want := extract{
			Nodes: rapid.SliceOfN(node, 1, 20).Draw(t, "nodes"), Ways: rapid.SliceOfN(way, 1, 9).Draw(t, "ways"),
			Relations: rapid.SliceOfN(relation, 1, 9).Draw(t, "relations"),
		}
		var file bytes.Buffer
		want.write(t, &file)
		var got extract
		require.NoError(t, osm.Read(&file, got.visitor()))
		require.Equal(t, want, got)
	})
}

func TestMoreThanABlock(t *testing.T) {
	var want, got extract
	for i := range 20_001 {
		want.Nodes = append(want.Nodes, osm.Node{ID: int64(i + 1), Lat: int32(i), Lng: -int32(i)})
	}
	var file bytes.Buffer
	want.write(t, &file)
	require.NoError(t, osm.Read(&file, got.visitor()))
	require.Equal(t, want, got)
}

func small(t require.TestingT) []byte {
	e := extract{
		Nodes:     []osm.Node{{ID: 1, Lat: 5, Lng: 6, Tags: osm.Tags{"highway", "traffic_signals"}}, {ID: 2, Lat: 7, Lng: 8}},
		Ways:      []osm.Way{{ID: 3, Refs: []int64{1, 2}, Tags: osm.Tags{"highway", "primary"}}},
		Relations: []osm.Relation{{ID: 4, Members: []osm.Member{{Kind: osm.WayKind, ID: 3, Role: "from"}}}},
	}
	var file bytes.Buffer
	e.write(t, &file)
	return file.Bytes()
}

func TestACutFileIsAnError(t *testing.T) {
	whole := small(t)
	for n := range whole {
		var got extract
		err := osm.Read(bytes.NewReader(whole[:n]), got.visitor())
		if err == nil {
			require.Empty(t, got.Relations, "a cut between two blocks leaves whole blocks")
			continue
		}
		require.Truef(t, errors.Is(err, osm.ErrFormat) || errors.Is(err, io.EOF), "%d bytes: %v", n, err)
	}
}

func TestAVisitorsErrorEndsTheRead(t *testing.T) {
	enough := errors.New("enough")
	err := osm.Read(bytes.NewReader(small(t)), osm.Visitor{Way: func(osm.Way) error { return enough }})
	require.ErrorIs(t, err, enough)
}

// Bytes of any kind lead to an error, or to elements that are whole.
func FuzzRead(f *testing.F) {
	f.Add(small(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		var got extract
		if err := osm.Read(bytes.NewReader(file), got.visitor()); err != nil {
			return
		}
		for _, n := range got.Nodes {
			require.LessOrEqual(t, max(n.Lat, -n.Lat), int32(900_000_000))
			require.Zero(t, len(n.Tags)%2)
		}
	})
}
