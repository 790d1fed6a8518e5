package distance

import (
	"fmt"
	"net/http"
	"net/url"

	"lastmile/shared/geo"
	"lastmile/shared/road"
)

// maxMinutes bounds an isochrone.
const maxMinutes = 60

func (f *Function) getIsochrone(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var in [3]float64
	for i, name := range []string{"lat", "lng", "minutes"} {
		var err error
		if in[i], err = parameter(q, name); err != nil {
			refuse(w, err)
			return
		}
	}
	if !(in[2] > 0 && in[2] <= maxMinutes) {
		refuse(w, fmt.Errorf("%w: minutes must be over 0 and at most %d", errSyntax, maxMinutes))
		return
	}
	v := f.roads.enter()
	defer v.leave()
	p, err := v.roadmap.Snap(geo.Point{Lat: in[0], Lng: in[1]}, road.SnapOptions{})
	if err != nil {
		refuse(w, err)
		return
	}
	stretches, whole := v.finder.Reach(p, int64(in[2]*60_000), f.until(r, maxTimeout))
	reply(w, appendReach(nil, stretches, whole))
}

// appendReach appends GeoJSON: the roads that can be reached, and the area of
// the cells that they touch.
func appendReach(b []byte, stretches []road.Stretch, whole bool) []byte {
	b = fmt.Appendf(b, `{"type":"FeatureCollection","complete":%t,"features":[{"type":"Feature","properties":{"kind":"area"},"geometry":{"type":"MultiPolygon","coordinates":[`, whole)
	for i, ring := range road.Outline(stretches) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendPoints(append(b, '['), ring), ']')
	}
	b = append(b, `]}},{"type":"Feature","properties":{"kind":"roads"},"geometry":{"type":"MultiLineString","coordinates":[`...)
	for i, s := range stretches {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPoints(b, s)
	}
	return append(b, "]}}]}\n"...)
}

// parameter reads a number of a query.
func parameter(q url.Values, name string) (float64, error) {
	text := []byte(q.Get(name))
	x, n := number(text)
	if n == 0 || n != len(text) {
		return 0, fmt.Errorf("%w: %s must be a number", errSyntax, name)
	}
	return x, nil
}
