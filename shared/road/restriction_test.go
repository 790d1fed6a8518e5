package road_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

// sketch is a map by hand: its nodes are the letters of a drawing, 100 m apart.
type sketch struct {
	nodes     []osm.Node
	ways      []osm.Way
	relations []osm.Relation
}

const step = 9000 // 1e-7 degree

func draw(picture string, ways ...string) (s sketch) {
	for row, line := range strings.Split(picture, "\n") {
		for col, letter := range line {
			if letter >= 'a' && letter <= 'z' {
				s.nodes = append(s.nodes, osm.Node{ID: int64(letter), Lat: int32(-step * row), Lng: int32(step * col)})
			}
		}
	}
	for i, w := range ways {
		letters, oneway := strings.CutSuffix(w, ">")
		way := osm.Way{ID: int64(i) + 1, Tags: osm.Tags{"highway", "residential"}}
		for _, letter := range letters {
			way.Refs = append(way.Refs, int64(letter))
		}
		if oneway {
			way.Tags = append(way.Tags, "oneway", "yes")
		}
		s.ways = append(s.ways, way)
	}
	return s
}

// rule adds a restriction: "ab bc cd" is from the first way over those between to
// the last, "ab b bc" over a node.
func (s *sketch) rule(course string, tags ...string) {
	r := osm.Relation{ID: int64(len(s.relations)) + 1, Tags: append(osm.Tags{"type", "restriction"}, tags...)}
	parts := strings.Fields(course)
	for i, part := range parts {
		m := osm.Member{Kind: osm.WayKind, Role: "via"}
		switch {
		case i == 0:
			m.Role = "from"
		case i == len(parts)-1:
			m.Role = "to"
		case len(part) == 1:
			m.Kind, m.ID = osm.NodeKind, int64(part[0])
		}
		if m.Kind == osm.WayKind {
			m.ID = s.way(part)
		}
		r.Members = append(r.Members, m)
	}
	s.relations = append(s.relations, r)
}

func (s *sketch) way(letters string) int64 {
	return 1 + int64(slices.IndexFunc(s.ways, func(w osm.Way) bool { return name(w.Refs) == letters }))
}

func name(nodes []int64) string {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteRune(rune(n))
	}
	return b.String()
}

func (s *sketch) scan(v osm.Visitor) error {
	for _, n := range s.nodes {
		if v.Node != nil {
			if err := v.Node(n); err != nil {
				return err
			}
		}
	}
	for _, w := range s.ways {
		if v.Way != nil {
			if err := v.Way(w); err != nil {
				return err
			}
		}
	}
	for _, r := range s.relations {
		if v.Relation != nil {
			if err := v.Relation(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sketch) prepare(t require.TestingT, p profile.Profile) *road.Map {
	m, err := road.Import(s.scan, p, road.Options{})
	require.NoError(t, err)
	return m
}

// route returns the letters of the best way, "" if there is none.
func (s *sketch) route(t *testing.T, m *road.Map, from, to byte) string {
	a, err := m.AtNode(int64(from))
	require.NoError(t, err)
	b, err := m.AtNode(int64(to))
	require.NoError(t, err)
	r, _ := road.NewFinder(m).Route(a, b)
	var nodes []int64
	for _, p := range r.Points {
		for _, n := range s.nodes {
			if p == (geo.Point{Lat: float64(n.Lat) * 1e-7, Lng: float64(n.Lng) * 1e-7}) && (len(nodes) == 0 || nodes[len(nodes)-1] != n.ID) {
				nodes = append(nodes, n.ID)
			}
		}
	}
	return name(nodes)
}

// plain has no costs but those of roads, and knows restrictions.
func plain() profile.Profile {
	return profile.Profile{
		Name: "plain", Speeds: map[string]float64{"residential": 36}, OnewayTags: []string{"oneway"},
		Exceptions: []string{"motorcar", "motor_vehicle", "vehicle"},
	}
}

// Who comes up from a may leave by g, go on to h and turn round there, or leave by
// b or down to f, both over d and c.
const crossing = `
..h.....
g-d-c-b.
..|.|...
..a.e...
..|.|...
..x.f...`

func crossroads() sketch {
	return draw(crossing, "xa", "ad", "dg", "dh", "dc", "cb", "cef")
}

func TestRestrictionsOfTurns(t *testing.T) {
	tests := map[string]struct {
		course   string
		tags     []string
		from, to byte
		want     string
	}{
		"nothing is forbidden":                      {"ad d dg", []string{"restriction", "no_right_turn"}, 'x', 'f', "xadcef"},
		"a turn over a node":                        {"ad d dc", []string{"restriction", "no_right_turn"}, 'x', 'f', "xadhdcef"},
		"a turn that only others may not take":      {"ad d dc", []string{"restriction", "no_right_turn"}, 'g', 'f', "gdcef"},
		"all turns but one":                         {"ad d dh", []string{"restriction", "only_straight_on"}, 'x', 'g', "xadhdg"},
		"the only turn":                             {"ad d dh", []string{"restriction", "only_straight_on"}, 'x', 'h', "xadh"},
		"over a way":                                {"ad dc cef", []string{"restriction", "no_u_turn"}, 'x', 'f', "xadhdcef"},
		"over a way, but not to elsewhere":          {"ad dc cef", []string{"restriction", "no_u_turn"}, 'x', 'b', "xadcb"},
		"over a way, but not from elsewhere":        {"ad dc cef", []string{"restriction", "no_u_turn"}, 'h', 'f', "hdcef"},
		"over a way, but not the way back":          {"ad dc cef", []string{"restriction", "no_u_turn"}, 'f', 'x', "fecdax"},
		"over a way, and all else":                  {"ad dc cef", []string{"restriction", "only_straight_on"}, 'x', 'b', "xadhdcb"},
		"the way of an only leads on":               {"ad dc cef", []string{"restriction", "only_straight_on"}, 'x', 'f', "xadcef"},
		"an only leaves it open to leave before":    {"ad dc cef", []string{"restriction", "only_straight_on"}, 'x', 'g', "xadg"},
		"over two ways":                             {"xa ad dc cb", []string{"restriction", "no_right_turn"}, 'x', 'b', "xadhdcb"},
		"over two ways, where one joins later":      {"xa ad dc cb", []string{"restriction", "no_right_turn"}, 'g', 'b', "gdcb"},
		"cars are excepted":                         {"ad dc cef", []string{"restriction", "no_u_turn", "except", "bus;motorcar"}, 'x', 'f', "xadcef"},
		"bicycles are excepted":                     {"ad dc cef", []string{"restriction", "no_u_turn", "except", "bicycle"}, 'x', 'f', "xadhdcef"},
		"for cars only":                             {"ad dc cef", []string{"restriction:motorcar", "no_u_turn"}, 'x', 'f', "xadhdcef"},
		"for lorries only":                          {"ad dc cef", []string{"restriction:hgv", "no_u_turn"}, 'x', 'f', "xadcef"},
		"a rule of its own replaces that for all":   {"ad dc cef", []string{"restriction", "no_u_turn", "restriction:vehicle", "none"}, 'x', 'f', "xadcef"},
		"one with a condition never holds":          {"ad dc cef", []string{"restriction:conditional", "no_u_turn @ (Mo-Fr)"}, 'x', 'f', "xadcef"},
		"one with days beside it always does":       {"ad dc cef", []string{"restriction", "no_u_turn", "day_on", "Monday"}, 'x', 'f', "xadhdcef"},
		"none on red":                               {"ad d dc", []string{"restriction", "no_right_turn_on_red"}, 'x', 'f', "xadcef"},
		"ways that do not meet forbid nothing":      {"ad dh cef", []string{"restriction", "no_u_turn"}, 'x', 'f', "xadcef"},
		"an only to a way that nobody may take":     {"ad d no", []string{"restriction", "only_straight_on"}, 'x', 'f', "xadcef"},
		"a way of another order does not meet":      {"cef dc ad", []string{"restriction", "no_u_turn"}, 'x', 'f', "xadcef"},
		"a node inside of a way is no place for it": {"cef e xa", []string{"restriction", "no_u_turn"}, 'x', 'f', "xadcef"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := crossroads()
			s.rule(test.course, test.tags...)
			require.Equal(t, test.want, s.route(t, s.prepare(t, plain()), test.from, test.to))
		})
	}
}

func TestSeveralRestrictionsHoldAtOnce(t *testing.T) {
	s := crossroads()
	s.rule("ad dc cef", "restriction", "no_u_turn")
	s.rule("xa ad dc cb", "restriction", "no_right_turn") // ends with the first's beginning
	s.rule("ad d dg", "restriction", "no_left_turn")
	m := s.prepare(t, plain())
	for to, want := range map[byte]string{'f': "xadhdcef", 'b': "xadhdcb", 'g': "xadhdg", 'h': "xadh"} {
		require.Equal(t, want, s.route(t, m, 'x', to), "to %c", to)
	}
	require.Equal(t, "hdcb", s.route(t, m, 'h', 'b'))
}

func TestRestrictionsOfSeveralWays(t *testing.T) {
	s := crossroads()
	s.rule("ad d dc", "restriction", "no_entry")
	s.relations[0].Members = append(s.relations[0].Members, osm.Member{Kind: osm.WayKind, ID: s.way("dg"), Role: "from"})
	m := s.prepare(t, plain())
	for from, want := range map[byte]string{'x': "xadhdcef", 'g': "gdhdcef", 'h': "hdcef"} {
		require.Equal(t, want, s.route(t, m, from, 'f'), "no_entry from %c", from)
	}
	s.relations[0].Tags = osm.Tags{"type", "restriction", "restriction", "no_right_turn"}
	require.Equal(t, "xadcef", s.route(t, s.prepare(t, plain()), 'x', 'f'), "only no_entry has several origins")
}

// The road under a restriction is closed, and reweighted, for all who drive it,
// however they have come there.
func TestTrafficIsOnARestrictedWayToo(t *testing.T) {
	s := crossroads()
	s.rule("ad dc cef", "restriction", "no_u_turn")
	m := s.prepare(t, plain())
	closed, err := m.Reweight([]road.Change{{From: 'd', To: 'c'}})
	require.NoError(t, err)
	require.Empty(t, s.route(t, closed, 'x', 'b'), "the copy of the way is closed too")
	slow, err := m.Reweight([]road.Change{{From: 'd', To: 'c', KMH: 1}})
	require.NoError(t, err)
	a, err := m.AtNode('x')
	require.NoError(t, err)
	b, err := m.AtNode('b')
	require.NoError(t, err)
	require.Greater(t, road.NewFinder(slow).Distance(a, b).Millis, road.NewFinder(m).Distance(a, b).Millis+300_000)
}
