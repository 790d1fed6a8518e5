package distance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/distance"
	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/network"
	"lastmile/shared/road/profile"
	"lastmile/shared/track"
)

// world is the function on a made-up city.
type world struct {
	f     *distance.Function
	roads *distance.Roads
	m     *road.Map
	net   *network.Network
	load  func() (distance.Source, error)
	open  int // maps that are not closed

	mu     sync.Mutex
	fixes  map[track.CourierID]track.Fix
	asked  int   // positions
	silent error // why positions are not to be had
}

func newWorld(t testing.TB) *world { return newWorldOf(t, city.Options{Nodes: 3000}) }

func newWorldOf(t testing.TB, o city.Options) *world {
	car := profile.Car()
	n, err := network.Build(city.Scan(o), car)
	require.NoError(t, err)
	w := &world{net: n}
	w.m, err = road.Prepare(n, car, road.Options{})
	require.NoError(t, err)
	sum := uint32(0)
	w.load = func() (distance.Source, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open++
		sum++
		return distance.Source{Map: w.m, Sum: sum, Close: w.closed}, nil
	}
	w.roads, err = distance.OpenRoads(func() (distance.Source, error) { return w.load() })
	require.NoError(t, err)
	w.f = distance.New(w.roads, w)
	return w
}

// Newest implements distance.Positions.
func (w *world) Newest(_ context.Context, couriers ...track.CourierID) ([]track.Fix, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked += len(couriers)
	var found []track.Fix
	for _, c := range couriers {
		if f, ok := w.fixes[c]; ok {
			found = append(found, f)
		}
	}
	return found, w.silent
}

// report has a courier report where it is.
func (w *world) report(id track.CourierID, at time.Time, p geo.Point) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fixes = map[track.CourierID]track.Fix{id: {Courier: id, At: at, Point: p}}
}

// again is the same map, read anew.
func (w *world) again(t testing.TB) *road.Map {
	m, err := w.m.Reweight(nil)
	require.NoError(t, err)
	return m
}

func (w *world) closed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	return nil
}

func (w *world) call(t testing.TB, method, path, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRecorder()
	w.f.ServeHTTP(r, httptest.NewRequest(method, path, strings.NewReader(body)))
	if r.Body.Len() == 0 {
		return r.Code, nil
	}
	var answer map[string]any
	require.NoError(t, json.Unmarshal(r.Body.Bytes(), &answer), r.Body.String())
	return r.Code, answer
}

// points are places on the mainland of the city, between junctions.
func (w *world) points(t testing.TB, n int) (points []geo.Point, places []road.Place) {
	for i := 0; len(points) < n; i += 97 {
		k := i % (len(w.net.Lat) - 1)
		if w.net.Chain[k] != w.net.Chain[k+1] {
			continue
		}
		p := geo.Point{Lat: float64((w.net.Lat[k]+w.net.Lat[k+1])/2) * 1e-7, Lng: float64((w.net.Lng[k]+w.net.Lng[k+1])/2) * 1e-7}
		place, err := w.m.Snap(p, road.SnapOptions{})
		require.NoError(t, err)
		points, places = append(points, p), append(places, place)
	}
	return points, places
}

func pairs(points []geo.Point) string {
	var b []string
	for _, p := range points {
		b = append(b, fmt.Sprintf("[%.7f,%.7f]", p.Lng, p.Lat))
	}
	return "[" + strings.Join(b, ",") + "]"
}

func path(points []geo.Point) string {
	return strings.NewReplacer("[", "", "]", "", "],[", ";").Replace(strings.ReplaceAll(pairs(points), "],[", ";"))
}

// requireCosts compares an answer's matrices with those of the map.
func (w *world) requireCosts(t testing.TB, answer map[string]any, from, to []road.Place) {
	t.Helper()
	f := road.NewFinder(w.m)
	for name, of := range map[string]func(road.Cost) int64{
		"durations": func(c road.Cost) int64 { return c.Millis }, "distances": func(c road.Cost) int64 { return c.Millimetres },
	} {
		rows := answer[name].([]any)
		require.Len(t, rows, len(from))
		for i := range from {
			for j := range to {
				want := of(f.Distance(from[i], to[j]))
				require.InDelta(t, float64(want)/1000, rows[i].([]any)[j], 1e-9, "%s %d,%d", name, i, j)
			}
		}
	}
}

func TestTables(t *testing.T) {
	w := newWorld(t)
	points, places := w.points(t, 9)
	t.Run("many to few, posted", func(t *testing.T) {
		code, answer := w.call(t, "POST", "/v1/table", `{"sources":`+pairs(points[:7])+`,"targets":`+pairs(points[7:])+`}`)
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, true, answer["complete"])
		w.requireCosts(t, answer, places[:7], places[7:])
	})
	t.Run("few to many, as OSRM's clients ask", func(t *testing.T) {
		code, answer := w.call(t, "GET", "/table/v1/driving/"+path(points)+".json?sources=0;1&annotations=duration,distance", "")
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, "Ok", answer["code"])
		require.Len(t, answer["destinations"], 9)
		w.requireCosts(t, answer, places[:2], places)
	})
	t.Run("couriers by id", func(t *testing.T) {
		for i, p := range points[:3] {
			code, _ := w.call(t, "PUT", "/v1/couriers", fmt.Sprintf(`{"couriers":[{"id":"c\"%d","lat":%.7f,"lng":%.7f}]}`, i, p.Lat, p.Lng))
			require.Equal(t, http.StatusNoContent, code)
		}
		code, answer := w.call(t, "POST", "/v1/table", `{"sources":["c\"0","c\"1","c\"2"],"targets":`+pairs(points[7:])+`}`)
		require.Equal(t, http.StatusOK, code)
		w.requireCosts(t, answer, places[:3], places[7:])
		code, _ = w.call(t, "POST", "/v1/reload", "")
		require.Equal(t, http.StatusNoContent, code)
		_, answer = w.call(t, "POST", "/v1/table", `{"sources":["c\"0"],"targets":`+pairs(points[7:])+`}`)
		w.requireCosts(t, answer, places[:1], places[7:])
	})
}

func TestCouriersAreWhereTheyReported(t *testing.T) {
	w := newWorld(t)
	points, places := w.points(t, 9)
	ask := func() map[string]any {
		_, answer := w.call(t, "POST", "/v1/table", `{"sources":["ada"],"targets":`+pairs(points[7:])+`}`)
		return answer
	}
	w.report("ada", time.Now(), points[0])
	w.requireCosts(t, ask(), places[:1], places[7:])
	w.requireCosts(t, ask(), places[:1], places[7:])
	require.Equal(t, 1, w.asked, "what was asked a moment ago is believed")

	w.f.Age(3 * time.Second)
	w.report("ada", time.Now().Add(time.Second), points[1])
	w.requireCosts(t, ask(), places[1:2], places[7:])
	w.f.Age(3 * time.Second)
	w.report("ada", time.Now().Add(-time.Hour), points[2])
	w.requireCosts(t, ask(), places[1:2], places[7:])
	w.f.Age(3 * time.Second)
	w.silent = errors.New("redis is away")
	w.requireCosts(t, ask(), places[1:2], places[7:])
	require.Equal(t, 4, w.asked)
}

// Who is asked for again where he was has climbed for the tables that follow,
// and answers stay what they were, whatever changes meanwhile.
func TestCouriersWhoStandClimbOnce(t *testing.T) {
	w := newWorld(t)
	points, places := w.points(t, 20)
	ids := make([]string, 10)
	register := func(i, at int) {
		code, _ := w.call(t, "PUT", "/v1/couriers", fmt.Sprintf(`{"couriers":[{"id":"c%d","lat":%.7f,"lng":%.7f}]}`, i, points[at].Lat, points[at].Lng))
		require.Equal(t, http.StatusNoContent, code)
	}
	for i := range ids {
		ids[i] = fmt.Sprintf(`"c%d"`, i)
		register(i, i)
	}
	from := places[:len(ids)]
	ask := func(climbs int) {
		t.Helper()
		code, answer := w.call(t, "POST", "/v1/table", `{"sources":[`+strings.Join(ids, ",")+`],"targets":`+pairs(points[18:])+`}`)
		require.Equal(t, http.StatusOK, code)
		w.requireCosts(t, answer, from, places[18:])
		require.Equal(t, climbs, w.f.Climbs())
	}
	ask(0)
	ask(8)
	ask(10)
	ask(10)
	register(3, 15)
	from = append(append(append([]road.Place{}, places[:3]...), places[15]), places[4:len(ids)]...)
	ask(9)
	ask(10)
	code, _ := w.call(t, "DELETE", "/v1/couriers/c9", "")
	require.Equal(t, http.StatusNoContent, code)
	ids, from = ids[:9], from[:9]
	ask(9)
	w.m = w.again(t)
	code, _ = w.call(t, "POST", "/v1/reload", "")
	require.Equal(t, http.StatusNoContent, code)
	ask(9)
	ask(9)
	ask(9)
}

func TestWhatHasNoAnswerIsNullWithItsReason(t *testing.T) {
	w := newWorld(t)
	points, _ := w.points(t, 2)
	body := fmt.Sprintf(`{"sources":["nobody",[10,10],[%.7f,%.7f]],"targets":%s}`, points[0].Lng, points[0].Lat, pairs(points[1:]))
	code, answer := w.call(t, "POST", "/v1/table", body)
	require.Equal(t, http.StatusOK, code)
	rows := answer["durations"].([]any)
	require.Nil(t, rows[0].([]any)[0])
	require.Nil(t, rows[1].([]any)[0])
	require.NotNil(t, rows[2].([]any)[0])
	reasons, err := json.Marshal(answer["problems"])
	require.NoError(t, err)
	require.Contains(t, string(reasons), "unknown courier")
	require.Contains(t, string(reasons), "no road near this place")
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	points, _ := w.points(t, 2)
	many := "[" + strings.Repeat("[-30,40],", 600) + "[-30,40]]"
	tests := map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"a body that is no JSON":         {"POST", "/v1/table", `sources`, 400, "byte 0 must be {"},
		"a field that is unknown":        {"POST", "/v1/table", `{"origin":[]}`, 400, "there is no field"},
		"a table of nothing":             {"POST", "/v1/table", `{"sources":[],"targets":[[1,2]]}`, 400, "must not be empty"},
		"more cells than are allowed":    {"POST", "/v1/table", `{"sources":` + many + `,"targets":` + many + `}`, 413, "250000"},
		"a body that is too large":       {"POST", "/v1/table", strings.Repeat(" ", 2<<20), 413, "too large"},
		"what follows a request":         {"POST", "/v1/table", `{"sources":[[1,2]],"targets":[[1,2]]}x`, 400, "the end"},
		"a timeout of no time":           {"POST", "/v1/table", `{"timeoutMillis":0}`, 400, "timeoutMillis"},
		"another vehicle":                {"GET", "/table/v1/foot/1,2;3,4", "", 400, "InvalidUrl"},
		"a place that is none":           {"GET", "/table/v1/car/1;3,4", "", 400, "place 0 must be longitude,latitude"},
		"a place in the sea":             {"GET", "/route/v1/car/1,2;3,4", "", 400, "NoSegment"},
		"a source that is no place":      {"GET", "/table/v1/car/" + path(points) + "?sources=5", "", 400, "none of the 2 places"},
		"a route from nowhere":           {"GET", "/route/v1/car/" + path(points[:1]), "", 400, "2 to 101 places"},
		"a geometry of another kind":     {"GET", "/route/v1/car/" + path(points) + "?geometries=wkt", "", 400, "polyline6"},
		"an isochrone of hours":          {"GET", "/v1/isochrone?lat=40&lng=-30&minutes=600", "", 400, "at most 60"},
		"an isochrone of nowhere":        {"GET", "/v1/isochrone?lng=-30&minutes=6", "", 400, "lat must be a number"},
		"a courier without an id":        {"PUT", "/v1/couriers", `{"couriers":[{"lat":40,"lng":-30}]}`, 400, "must have 1 to 128 bytes"},
		"a courier who is nowhere":       {"PUT", "/v1/couriers", `{"couriers":[{"id":"a","lat":400,"lng":-30}]}`, 400, "is no place"},
		"traffic where no road is":       {"PUT", "/v1/traffic", `{"changes":[{"from":-1,"to":-2,"kmh":5}]}`, 400, "no such road segment"},
		"traffic of no speed":            {"PUT", "/v1/traffic", `{"changes":[{"from":1,"to":2}]}`, 400, "must have kmh"},
		"traffic faster than cars drive": {"PUT", "/v1/traffic", `{"changes":[{"from":1,"to":2,"kmh":1e9}]}`, 400, "from 1 to 200"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRecorder()
			w.f.ServeHTTP(r, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
			require.Equal(t, test.status, r.Code, r.Body.String())
			require.Contains(t, r.Body.String(), test.says)
		})
	}
}

func TestRoutesHaveTheirShape(t *testing.T) {
	w := newWorld(t)
	points, places := w.points(t, 3)
	code, answer := w.call(t, "GET", "/route/v1/car/"+path(points)+"?geometries=geojson&steps=true", "")
	require.Equal(t, http.StatusOK, code, "%v", answer)
	f := road.NewFinder(w.m)
	want := f.Distance(places[0], places[1]).Millis + f.Distance(places[1], places[2]).Millis
	route := answer["routes"].([]any)[0].(map[string]any)
	require.InDelta(t, float64(want)/1000, route["duration"], 1e-9)
	legs := route["legs"].([]any)
	require.Len(t, legs, 2)
	sum := 0.0
	for _, s := range legs[0].(map[string]any)["steps"].([]any) {
		sum += s.(map[string]any)["duration"].(float64)
	}
	require.InDelta(t, legs[0].(map[string]any)["duration"], sum, 1e-6, "the steps add up")
	line := route["geometry"].(map[string]any)["coordinates"].([]any)
	require.InDelta(t, places[0].Point.Lng, line[0].([]any)[0], 1e-6)
	require.InDelta(t, places[2].Point.Lat, line[len(line)-1].([]any)[1], 1e-6)
}

func TestAnIsochroneHoldsWhatIsNearEnough(t *testing.T) {
	w := newWorld(t)
	points, _ := w.points(t, 1)
	code, answer := w.call(t, "GET", fmt.Sprintf("/v1/isochrone?lat=%.7f&lng=%.7f&minutes=2", points[0].Lat, points[0].Lng), "")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, true, answer["complete"])
	require.Len(t, answer["features"], 2)
}

// Traffic closes the way out, and clearing it opens the way again.
func TestTrafficCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	points, _ := w.points(t, 40)
	table := `{"sources":` + pairs(points) + `,"targets":` + pairs(points) + `}`
	_, before := w.call(t, "POST", "/v1/table", table)
	var changes []string
	for c := 0; c+1 < len(w.net.First); c++ {
		i, along := w.net.First[c], w.net.Arcs[2*c] != network.None
		if along {
			changes = append(changes, fmt.Sprintf(`{"from":%d,"to":%d,"kmh":1}`, w.net.Node[i], w.net.Node[i+1]))
		}
	}
	code, answer := w.call(t, "PUT", "/v1/traffic", `{"changes":[`+strings.Join(changes, ",")+`]}`)
	require.Equal(t, http.StatusNoContent, code, "%v", answer)
	_, slow := w.call(t, "POST", "/v1/table", table)
	require.NotEqual(t, before["durations"], slow["durations"])
	code, _ = w.call(t, "PUT", "/v1/traffic", `{"changes":[]}`)
	require.Equal(t, http.StatusNoContent, code)
	_, after := w.call(t, "POST", "/v1/table", table)
	require.Equal(t, before["durations"], after["durations"])
}

// A new file has the same traffic, but where its roads are no more.
func TestTrafficOutlivesAReload(t *testing.T) {
	w := newWorld(t)
	points, _ := w.points(t, 20)
	table := `{"sources":` + pairs(points) + `,"targets":` + pairs(points) + `}`
	var changes []string
	for c := 0; c+1 < len(w.net.First); c++ {
		if i := w.net.First[c]; w.net.Arcs[2*c] != network.None {
			changes = append(changes, fmt.Sprintf(`{"from":%d,"to":%d,"kmh":2}`, w.net.Node[i], w.net.Node[i+1]))
		}
	}
	_, free := w.call(t, "POST", "/v1/table", table)
	code, _ := w.call(t, "PUT", "/v1/traffic", `{"changes":[`+strings.Join(changes, ",")+`]}`)
	require.Equal(t, http.StatusNoContent, code)
	_, slow := w.call(t, "POST", "/v1/table", table)
	require.NotEqual(t, free["durations"], slow["durations"])
	require.NoError(t, w.roads.Reload())
	_, again := w.call(t, "POST", "/v1/table", table)
	require.Equal(t, slow["durations"], again["durations"])

	w.m = newWorldOf(t, city.Options{Nodes: 700, Seed: 4}).m
	require.NoError(t, w.roads.Reload(), "most of the roads are gone")
	code, _ = w.call(t, "PUT", "/v1/traffic", `{"changes":[]}`)
	require.Equal(t, http.StatusNoContent, code)
}

func TestAReloadDropsNoRequest(t *testing.T) {
	w := newWorld(t)
	points, _ := w.points(t, 30)
	table := `{"sources":` + pairs(points) + `,"targets":` + pairs(points[:2]) + `}`
	_, want := w.call(t, "POST", "/v1/table", table)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				r := httptest.NewRecorder()
				w.f.ServeHTTP(r, httptest.NewRequest("POST", "/v1/table", strings.NewReader(table)))
				var got map[string]any
				if r.Code != http.StatusOK || json.Unmarshal(r.Body.Bytes(), &got) != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("answered %d: %.200s", r.Code, r.Body)
				}
			}
		})
	}
	for range 20 {
		require.NoError(t, w.roads.Reload())
	}
	group.Wait()
	require.Equal(t, 1, w.open, "old maps are closed when their last request has left")
	w.load = func() (distance.Source, error) { return distance.Source{}, os.ErrNotExist }
	code, _ := w.call(t, "POST", "/v1/reload", "")
	require.Equal(t, http.StatusConflict, code)
	_, again := w.call(t, "POST", "/v1/table", table)
	require.Equal(t, want, again, "a file that cannot be loaded changes nothing")
	require.NoError(t, w.roads.Close())
	require.Zero(t, w.open)
}
