package distance

import (
	"fmt"
	"net/http"
	"net/url"

	"lastmile/shared/geo"
	"lastmile/shared/road"
)

// shape is how a route's geometry is told.
type shape struct {
	overview, steps bool
	append          func([]byte, []geo.Point) []byte
}

func shapeOf(q url.Values) (s shape, err error) {
	s = shape{overview: q.Get("overview") != "false", steps: q.Get("steps") == "true"}
	switch g := q.Get("geometries"); g {
	case "", "polyline":
		s.append = func(b []byte, ps []geo.Point) []byte { return appendPolyline(b, ps, 1e5) }
	case "polyline6":
		s.append = func(b []byte, ps []geo.Point) []byte { return appendPolyline(b, ps, 1e6) }
	case "geojson":
		s.append = appendLine
	default:
		err = osrmError{"InvalidOptions", fmt.Sprintf("geometries %q must be polyline, polyline6 or geojson", g)}
	}
	return s, err
}

func (f *Function) getRoute(w http.ResponseWriter, r *http.Request) {
	k := f.work.Get().(*work)
	defer f.work.Put(k)
	v := f.roads.enter()
	defer v.leave()
	s, err := shapeOf(query(r))
	if err == nil {
		k.request.sources, err = spots(k.request.sources[:0], v, r)
	}
	if err == nil {
		err = k.route(v, k.request.sources, s)
	}
	if err != nil {
		refuseOSRM(w, err)
		return
	}
	reply(w, k.out)
}

// route puts the answer together: one leg between each place and the next.
func (k *work) route(v view, spots []spot, s shape) error {
	if len(spots) < 2 || len(spots) > maxLegs+1 {
		return osrmError{"InvalidOptions", fmt.Sprintf("a route has 2 to %d places", maxLegs+1)}
	}
	k.from.places, k.from.number, k.from.why = k.from.places[:0], k.from.number[:0], k.from.why[:0]
	for i, one := range spots {
		p, err := v.roadmap.Snap(one.point, road.SnapOptions{})
		if err != nil {
			return fmt.Errorf("place %d: %w", i, err)
		}
		k.from.add(p, "")
	}
	var total road.Cost
	var points []geo.Point
	var legs []byte
	for i := 1; i < len(k.from.places); i++ {
		leg, err := s.leg(v, k.from.places[i-1], k.from.places[i])
		if err != nil {
			return err
		}
		total.Millis += leg.Cost.Millis
		total.Millimetres += leg.Cost.Millimetres
		points = append(points, leg.Points...)
		if i > 1 {
			legs = append(legs, ',')
		}
		legs = s.appendLeg(legs, leg)
	}
	k.out = appendCost(append(k.out[:0], `{"code":"Ok","routes":[{`...), total)
	if s.overview {
		k.out = s.append(append(k.out, `,"geometry":`...), points)
	}
	k.out = append(append(append(k.out, `,"legs":[`...), legs...), `]}],"waypoints":`...)
	k.out = append(k.from.appendWaypoints(k.out), "}\n"...)
	return nil
}

// maxLegs bounds the work of one route.
const maxLegs = 100

// leg finds the way between two places; without its shape where nobody wants it.
func (s shape) leg(v view, from, to road.Place) (r road.Route, err error) {
	found := true
	if s.overview || s.steps {
		r, found = v.finder.Route(from, to)
	} else {
		r.Cost = v.finder.Distance(from, to)
		found = r.Cost != road.Unreachable
	}
	if !found {
		err = osrmError{"NoRoute", "no way leads there"}
	}
	return r, err
}

func (s shape) appendLeg(b []byte, r road.Route) []byte {
	b = append(appendCost(append(b, '{'), r.Cost), `,"summary":"","steps":[`...)
	for i, step := range r.Steps {
		if !s.steps {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendCost(append(b, '{'), step.Cost), `,"mode":"driving","name":"","geometry":`...)
		b = append(s.append(b, r.Points[step.From:step.To]), '}')
	}
	return append(b, "]}"...)
}

func appendCost(b []byte, c road.Cost) []byte {
	b = appendThousandths(append(b, `"duration":`...), c.Millis)
	return appendThousandths(append(b, `,"distance":`...), c.Millimetres)
}
