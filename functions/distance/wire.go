package distance

import (
	"errors"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/function"
	"lastmile/shared/httpapi"
	"lastmile/shared/platform"
	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/profile"
	"lastmile/shared/road/roadfile"
	"lastmile/shared/track/trackredis"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:    "distance",
		Class:   function.Warm,
		Timeout: 30 * time.Second,
		Uses:    []platform.Resource{platform.Redis},
		Binding: function.Bind(build, function.OnHTTP[*Function]()),
	}
}

var errNoFile = errors.New("ROAD_FILE must name a file that scripts/roadgraph prepared")

func build(p *platform.Opener) (*Function, error) {
	open := generated
	if path := p.Config.RoadFile; path != "" {
		open = func() (Source, error) { return mapped(path) }
	} else if p.Config.InCloud() {
		return nil, errNoFile
	}
	roads, err := OpenRoads(open)
	if err != nil {
		return nil, err
	}
	return New(roads, trackredis.New(p.Redis(), trackredis.Options{}), layers(p.Config)...), nil
}

// layers admit callers. On Cloud Run, those who come so far were let in there: the
// service is reached from inside only, by the accounts of functions that declare
// to call it. On a laptop callers show the operators' token.
func layers(c platform.Config) []httpapi.Layer {
	if c.InCloud() {
		return nil
	}
	return []httpapi.Layer{httpapi.Operator(string(c.OperatorToken)), httpapi.Only(auth.Operator, auth.Service)}
}

func mapped(path string) (Source, error) {
	f, err := roadfile.Open(path)
	if err != nil {
		return Source{}, err
	}
	return Source{Map: f.Map, Sum: f.Sum, Close: f.Close}, nil
}

// generated is the city that a laptop has: one that does not exist.
func generated() (Source, error) {
	m, err := road.Import(city.Scan(city.Options{Nodes: 4000}), profile.Car(), road.Options{})
	return Source{Map: m, Close: func() error { return nil }}, err
}
