package road_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/profile"
	"lastmile/shared/road/roadfile"
)

// data returns where a file of real roads is, and skips the test if it is not
// there.
func data(t testing.TB, name string) string {
	root := os.Getenv("LASTMILE_TESTDATA")
	if root == "" {
		root = "../../../shared/data"
	}
	path := filepath.Join(root, "osm", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real roads at %s; set LASTMILE_TESTDATA", path)
	}
	return path
}

// prepare makes a map of an extract.
func prepare(t testing.TB, path, vehicle string, o road.Options) *road.Map {
	p, err := profile.Named(vehicle)
	require.NoError(t, err)
	m, err := road.Import(roadfile.Extract(path), p, o)
	require.NoError(t, err)
	return m
}

func rows(t testing.TB, path string) [][]string {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return all[1:]
}

func integer(t testing.TB, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	require.NoError(t, err)
	return n
}

func number(t testing.TB, s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return x
}

func point(t testing.TB, lat, lng string) geo.Point {
	return geo.Point{Lat: number(t, lat), Lng: number(t, lng)}
}

func snap(t testing.TB, m *road.Map, p geo.Point) road.Place {
	place, err := m.Snap(p, road.SnapOptions{})
	require.NoError(t, err)
	return place
}

func never() bool { return false }

// An independent Dijkstra computed these answers over the same exact model.
func TestTheSimpleModelIsExact(t *testing.T) {
	for area, file := range map[string]string{"malta": "malta-2018", "heidelberg": "heidelberg.test"} {
		if stride > 1 && area == "malta" {
			continue // too slow under the race detector
		}
		t.Run(area, func(t *testing.T) {
			extract := data(t, file+".osm.pbf")
			fast, short := prepare(t, extract, "simple", road.Options{}), prepare(t, extract, "simple", road.Options{Shortest: true})
			f, s := road.NewFinder(fast), road.NewFinder(short)
			for i, r := range rows(t, data(t, "golden/simple_"+area+".pairs.csv")) {
				if i%stride != 0 {
					continue
				}
				from, to := snap(t, fast, point(t, r[1], r[2])), snap(t, fast, point(t, r[3], r[4]))
				require.InDelta(t, number(t, r[7]), from.Off, 0.0006, "where pair %s begins", r[0])
				require.InDelta(t, number(t, r[8]), to.Off, 0.0006, "where pair %s ends", r[0])
				require.Equal(t, road.Cost{Millis: integer(t, r[9]), Millimetres: integer(t, r[10])}, f.Distance(from, to), "the fast way of pair %s", r[0])
				require.Equal(t, road.Cost{Millis: integer(t, r[12]), Millimetres: integer(t, r[11])}, s.Distance(from, to), "the short way of pair %s", r[0])
			}
			for _, r := range rows(t, data(t, "golden/simple_"+area+".raw_pairs.csv")) {
				from, err := fast.AtNode(integer(t, r[1]))
				require.NoError(t, err)
				to, err := fast.AtNode(integer(t, r[2]))
				require.NoError(t, err)
				require.Equal(t, road.Cost{Millis: integer(t, r[3]), Millimetres: integer(t, r[4])}, f.Distance(from, to), "raw pair %s", r[0])
			}
			tables(t, fast, data(t, "golden/simple_"+area+".tables.json"))
		})
	}
}

func tables(t *testing.T, m *road.Map, path string) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var golden struct {
		Tables []map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(text, &golden))
	f := road.NewFinder(m)
	for i, g := range golden.Tables {
		var points [][2]float64
		require.NoError(t, json.Unmarshal(g["points"], &points))
		var ms, mm [][]int64
		require.NoError(t, json.Unmarshal(g["fast_ms"], &ms))
		require.NoError(t, json.Unmarshal(g["fast_mm"], &mm))
		var places []road.Place
		for _, p := range points {
			places = append(places, snap(t, m, geo.Point{Lat: p[0], Lng: p[1]}))
		}
		out := make([]road.Cost, len(places)*len(places))
		f.Table(out, places, places, never)
		for r := range places {
			for c := range places {
				require.Equal(t, road.Cost{Millis: ms[r][c], Millimetres: mm[r][c]}, out[r*len(places)+c], "table %d, cell %d,%d", i, r, c)
			}
		}
	}
}

// OSRM's own snapped points are asked for; under 200 m rounding is most of it.
func TestTheCarAgreesWithOSRM(t *testing.T) {
	m := prepare(t, data(t, "malta-2018.osm.pbf"), "car", road.Options{})
	f := road.NewFinder(m)
	total, near, soon := 0, 0, 0
	for _, r := range rows(t, data(t, "golden/osrm_car_malta.pairs.csv")) {
		if r[14] != "Ok" || number(t, r[11]) < 200 {
			continue
		}
		c := f.Distance(snap(t, m, point(t, r[5], r[6])), snap(t, m, point(t, r[8], r[9])))
		total++
		if within(float64(c.Millimetres)/1000, number(t, r[11])) {
			near++
		}
		if within(float64(c.Millis)/1000, number(t, r[12])) {
			soon++
		}
	}
	t.Logf("of %d pairs, %.1f%% of the distances and %.1f%% of the times are within 2%%", total, percent(near, total), percent(soon, total))
	require.GreaterOrEqual(t, percent(near, total), 97.0)
	require.GreaterOrEqual(t, percent(soon, total), 97.0)
}

func within(ours, theirs float64) bool { return math.Abs(ours-theirs) <= 0.02*theirs }

func percent(n, of int) float64 { return 100 * float64(n) / float64(of) }
