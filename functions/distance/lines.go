package distance

import (
	"net/http"
	"strconv"
)

// How roads are drawn: more is not seen on a screen.
const (
	drawnWithin = 4 // metres
	drawnPoints = 150_000
	drawnScale  = 1e5 // parts of a degree
)

// getRoads answers with the roads to be drawn: for each its speed in km/h, and its
// points as a polyline.
func (f *Function) getRoads(w http.ResponseWriter, _ *http.Request) {
	v := f.roads.enter()
	defer v.leave()
	b := append([]byte(`{"scale":`), strconv.Itoa(drawnScale)...)
	b = append(b, `,"lines":[`...)
	for i, l := range v.roadmap.Lines(drawnWithin, drawnPoints) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(b, '['), int64(l.KMH), 10), ',')
		b = append(appendPolyline(b, l.Points, drawnScale), ']')
	}
	reply(w, append(b, "]}\n"...))
}
