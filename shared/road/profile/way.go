package profile

import (
	"math"
	"strconv"
	"strings"

	"lastmile/shared/road/osm"
)

// Lane is one direction of a road.
type Lane struct {
	// KMH is the speed; 0 is closed.
	KMH float64

	// Restricted is true if only those may enter whose way ends there.
	Restricted bool
}

// Way returns how a road may be used, along its nodes and against them.
func (p *Profile) Way(tags osm.Tags) (forward, backward Lane) {
	kmh := p.Speeds[tags.Get("highway")]
	if route := p.Routes[tags.Get("route")]; route > 0 {
		kmh = route
	}
	if kmh == 0 || tags.Get("area") == "yes" || p.closed(tags) {
		return Lane{}, Lane{}
	}
	forward, backward = Lane{KMH: kmh}, Lane{KMH: kmh}
	p.access(tags, "forward", &forward)
	p.access(tags, "backward", &backward)
	p.limit(tags, &forward, &backward)
	p.oneway(tags, &forward, &backward)
	return forward, backward
}

func (p *Profile) closed(tags osm.Tags) bool {
	for key, values := range p.Closed {
		if values[tags.Get(key)] {
			return true
		}
	}
	return false
}

// access closes or restricts a lane by the first access tag that is present.
func (p *Profile) access(tags osm.Tags, direction string, lane *Lane) {
	for _, key := range p.AccessTags {
		value := tags.Get(key)
		if directed := tags.Get(key + ":" + direction); directed != "" && p.Restricted != nil {
			value = directed
		}
		switch {
		case value == "":
			continue
		case p.Restricted[value]:
			lane.Restricted = true
		case p.Denied[value]:
			lane.KMH = 0
		}
		return
	}
}

// limit applies surfaces first and posted limits then, as OSRM does.
func (p *Profile) limit(tags osm.Tags, forward, backward *Lane) {
	for key, bounds := range p.Bounds {
		if most, ok := bounds[tags.Get(key)]; ok {
			forward.KMH, backward.KMH = min(forward.KMH, most), min(backward.KMH, most)
		}
	}
	if p.MaxspeedFactor > 0 {
		p.post(tags, "forward", forward)
		p.post(tags, "backward", backward)
	}
}

func (p *Profile) post(tags osm.Tags, direction string, lane *Lane) {
	for _, key := range []string{"maxspeed:advisory", "maxspeed"} {
		value := tags.Get(key + ":" + direction)
		if value == "" {
			value = tags.Get(key)
		}
		if value == "" {
			continue
		}
		kmh := maxspeed(value) * p.MaxspeedFactor
		if kmh > 0 && lane.KMH > 0 && (!p.MaxspeedOnlyLowers || kmh < lane.KMH) {
			lane.KMH = kmh
		}
		return
	}
}

// zones are the limits that countries have where none is posted, in km/h.
var zones = map[string]float64{"urban": 50, "rural": 90, "trunk": 110, "motorway": 130, "living_street": 10, "walk": 10}

// maxspeed returns a posted limit in km/h, 0 if it is none.
func maxspeed(value string) float64 {
	digits := len(value) - len(strings.TrimLeft(value, "0123456789"))
	if digits == 0 {
		_, zone, _ := strings.Cut(strings.ToLower(value), ":")
		return zones[zone]
	}
	kmh, err := strconv.ParseFloat(value[:digits], 64)
	if err != nil {
		return 0
	}
	if strings.Contains(value, "mph") {
		kmh *= 1.609
	}
	return math.Min(kmh, 200)
}

func (p *Profile) oneway(tags osm.Tags, forward, backward *Lane) {
	if p.IgnoreOneways || p.OnewayExempt != "" && tags.Get(p.OnewayExempt) == "no" {
		return
	}
	switch junction := tags.Get("junction"); tags.Get("oneway") {
	case "yes", "true", "1":
		backward.KMH = 0
	case "-1":
		forward.KMH = 0
	case "no", "false", "0":
	default:
		if junction == "roundabout" || junction == "circular" || tags.Get("highway") == "motorway" {
			backward.KMH = 0
		}
	}
}

// Spot is what a node means to a vehicle.
type Spot struct {
	// Blocked is true if nothing passes.
	Blocked bool

	// Signal is true at traffic signals.
	Signal bool
}

// Node returns what a node means.
func (p *Profile) Node(tags osm.Tags) Spot {
	s := Spot{Signal: p.SignalSeconds > 0 && tags.Get("highway") == "traffic_signals"}
	if p.Passable == nil {
		return s
	}
	for _, key := range p.AccessTags {
		if access := tags.Get(key); access != "" {
			s.Blocked = p.Denied[access] && !p.Restricted[access]
			return s
		}
	}
	barrier := tags.Get("barrier")
	s.Blocked = barrier != "" && !p.Passable[barrier]
	if barrier == "bollard" && tags.Get("bollard") == "rising" {
		s.Blocked = false
	}
	return s
}
