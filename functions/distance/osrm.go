package distance

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lastmile/shared/geo"
	"lastmile/shared/road"
)

// osrmError is a refusal as OSRM's clients know it.
type osrmError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e osrmError) Error() string { return e.Message }

// refuseOSRM answers with the code that OSRM has for the error.
func refuseOSRM(w http.ResponseWriter, err error) {
	var e osrmError
	switch {
	case errors.As(err, &e):
	case errors.Is(err, road.ErrOffNetwork):
		e = osrmError{"NoSegment", err.Error()}
	case errors.Is(err, errTooLarge):
		e = osrmError{"TooBig", err.Error()}
	default:
		e = osrmError{"InvalidQuery", err.Error()}
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(e)
}

// spots reads the places of a URL: longitude,latitude;... with .json after it or
// not.
func spots(to []spot, v view, r *http.Request) ([]spot, error) {
	if p, have := r.PathValue("profile"), v.roadmap.Info.Profile; p != have && p != "driving" {
		return to, osrmError{"InvalidUrl", fmt.Sprintf("the roads here are for %q, not %q", have, p)}
	}
	text := []byte(strings.TrimSuffix(r.PathValue("places"), ".json"))
	for {
		lng, n := number(text)
		if n == 0 || n == len(text) || text[n] != ',' {
			return to, osrmError{"InvalidQuery", fmt.Sprintf("place %d must be longitude,latitude", len(to))}
		}
		text = text[n+1:]
		lat, n := number(text)
		if n == 0 || n < len(text) && text[n] != ';' {
			return to, osrmError{"InvalidQuery", fmt.Sprintf("place %d must be longitude,latitude", len(to))}
		}
		if to = append(to, spot{point: geo.Point{Lat: lat, Lng: lng}}); len(to) > maxPoints {
			return to, osrmError{"TooBig", fmt.Sprintf("at most %d places in a URL; POST /v1/table takes more", maxPoints)}
		}
		if n == len(text) {
			return to, nil
		}
		text = text[n+1:]
	}
}

func (f *Function) getTable(w http.ResponseWriter, r *http.Request) {
	k := f.work.Get().(*work)
	defer f.work.Put(k)
	v := f.roads.enter()
	defer v.leave()
	q := query(r)
	places, err := spots(k.request.sources[:0], v, r)
	k.request.sources = places
	if err == nil {
		err = k.load(v, places, q)
	}
	if err == nil {
		err = checkSize(len(k.from.places), len(k.to.places))
	}
	if err != nil {
		refuseOSRM(w, err)
		return
	}
	k.ask(v, f.until(r, 0))
	k.out = append(k.out[:0], `{"code":"Ok"`...)
	notes := q.Get("annotations")
	if notes == "" || strings.Contains(notes, "duration") {
		k.appendMatrix("durations", func(c road.Cost) int64 { return c.Millis })
	}
	if strings.Contains(notes, "distance") {
		k.appendMatrix("distances", func(c road.Cost) int64 { return c.Millimetres })
	}
	k.out = k.from.appendWaypoints(append(k.out, `,"sources":`...))
	k.out = k.to.appendWaypoints(append(k.out, `,"destinations":`...))
	k.appendProblems()
	k.out = append(k.out, "}\n"...)
	reply(w, k.out)
}

// query returns the query's values. OSRM's lists have semicolons, which package
// net/url takes for an error.
func query(r *http.Request) url.Values {
	values, _ := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B")) // what is wrong is missing
	return values
}

// load puts the chosen places on the roads. As in OSRM, all of them must be near
// one.
func (k *work) load(v view, places []spot, q url.Values) error {
	for i, name := range []string{"sources", "destinations"} {
		e := []*ends{&k.from, &k.to}[i]
		chosen, err := indices(q.Get(name), len(places))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		e.places, e.number, e.why = e.places[:0], e.number[:0], e.why[:0]
		for _, i := range chosen {
			p, err := v.roadmap.Snap(places[i].point, road.SnapOptions{})
			if err != nil {
				return fmt.Errorf("place %d: %w", i, err)
			}
			e.add(p, "")
		}
	}
	return nil
}

// indices reads which places a side of a table has: 0;2 or all.
func indices(text string, count int) (chosen []int, err error) {
	if text == "" || text == "all" {
		for i := range count {
			chosen = append(chosen, i)
		}
		return chosen, nil
	}
	for one := range strings.SplitSeq(text, ";") {
		i, err := strconv.Atoi(one)
		if err != nil || i < 0 || i >= count {
			return nil, fmt.Errorf("%w: %q is none of the %d places", errSyntax, one, count)
		}
		if chosen = append(chosen, i); len(chosen) > maxPoints {
			return nil, fmt.Errorf("%w: more than %d places", errTooLarge, maxPoints)
		}
	}
	return chosen, nil
}

func (e *ends) appendWaypoints(b []byte) []byte {
	b = append(b, '[')
	for i, p := range e.places {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendWaypoint(b, p)
	}
	return append(b, ']')
}

func appendWaypoint(b []byte, p road.Place) []byte {
	b = append(b, `{"name":"","hint":"","location":`...)
	b = appendPoint(b, p.Point)
	b = append(b, `,"distance":`...)
	b = appendThousandths(b, int64(p.Off*1000))
	return append(b, '}')
}

func appendPoint(b []byte, p geo.Point) []byte {
	b = strconv.AppendFloat(append(b, '['), p.Lng, 'f', 6, 64)
	b = strconv.AppendFloat(append(b, ','), p.Lat, 'f', 6, 64)
	return append(b, ']')
}

func (f *Function) getNearest(w http.ResponseWriter, r *http.Request) {
	k := f.work.Get().(*work)
	defer f.work.Put(k)
	v := f.roads.enter()
	defer v.leave()
	places, err := spots(k.request.sources[:0], v, r)
	k.request.sources = places
	if err == nil && (len(places) != 1 || query(r).Get("number") > "1") {
		err = osrmError{"InvalidOptions", "ask for the one road nearest to one place"}
	}
	var p road.Place
	if err == nil {
		p, err = v.roadmap.Snap(places[0].point, road.SnapOptions{Islands: query(r).Get("snapping") == "any"})
	}
	if err != nil {
		refuseOSRM(w, err)
		return
	}
	k.out = appendWaypoint(append(k.out[:0], `{"code":"Ok","waypoints":[`...), p)
	k.out = append(k.out, "]}\n"...)
	reply(w, k.out)
}
