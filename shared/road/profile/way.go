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

	// Appeal is how much as attractive the lane is as its time says, in percent:
	// one of 50 is used as if it took twice its time.
	Appeal uint8
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
	appeal := p.appeal(tags, forward.KMH > 0 && backward.KMH > 0)
	forward.Appeal, backward.Appeal = appeal, appeal
	return forward, backward
}

func (p *Profile) appeal(tags osm.Tags, twoWay bool) uint8 {
	least := uint8(100)
	for key, appeals := range p.Appeals {
		if appeal, ok := appeals[tags.Get(key)]; ok {
			least = min(least, appeal)
		}
	}
	width, lanes := leading(tags.Get("width")), leading(tags.Get("lanes"))
	if p.Narrow > 0 && (width >= 0 && width <= 3 || twoWay && lanes >= 0 && lanes <= 1) {
		least = min(least, p.Narrow)
	}
	return least
}

// leading returns the digits that a value begins with, -1 if there are none.
func leading(value string) float64 {
	digits := len(value) - len(strings.TrimLeft(value, "0123456789"))
	number, err := strconv.ParseFloat(value[:digits], 64)
	if err != nil {
		return -1
	}
	return number
}

func (p *Profile) closed(tags osm.Tags) bool {
	for key, values := range p.Closed {
		if values[tags.Get(key)] {
			return true
		}
	}
	return tooSmall(tags, p.Width, "maxwidth:physical", "maxwidth", "width", "est_width") ||
		tooSmall(tags, p.Height, "maxheight:physical", "maxheight")
}

// tooSmall reports whether the first of the keys that is there tells fewer
// metres than are needed.
func tooSmall(tags osm.Tags, need float64, keys ...string) bool {
	for _, key := range keys {
		if value := tags.Get(key); value != "" {
			metres := metres(value)
			return metres >= 0 && metres < need
		}
	}
	return false
}

// metres returns the length that a value begins with, -1 if there is none. Feet
// and inches are written with ' and ".
func metres(value string) float64 {
	value = strings.Replace(value, ",", ".", 1)
	digits := len(value) - len(strings.TrimLeft(value, "0123456789."))
	length, err := strconv.ParseFloat(value[:digits], 64)
	if err != nil {
		return -1
	}
	if inches, feet := strings.CutPrefix(value[digits:], "'"); feet {
		return (12*length + max(0, leading(inches))) * 0.0254
	}
	return length
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

// limit applies posted limits first and surfaces then, as OSRM does.
func (p *Profile) limit(tags osm.Tags, forward, backward *Lane) {
	if p.MaxspeedFactor > 0 {
		p.post(tags, "forward", forward)
		p.post(tags, "backward", backward)
	}
	for key, bounds := range p.Bounds {
		if most, ok := bounds[tags.Get(key)]; ok {
			forward.KMH, backward.KMH = min(forward.KMH, most), min(backward.KMH, most)
		}
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
	kmh := leading(value)
	if kmh < 0 {
		_, zone, _ := strings.Cut(strings.ToLower(value), ":")
		return zones[zone]
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

	// Seconds is what it costs to pass.
	Seconds float64
}

// Node returns what a node means.
func (p *Profile) Node(tags osm.Tags) (s Spot) {
	if tags.Get("highway") == "traffic_signals" {
		s.Seconds = p.SignalSeconds
	}
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
	s.Seconds += p.Gates[barrier]
	rising := barrier == "bollard" && tags.Get("bollard") == "rising"
	s.Blocked = barrier != "" && !p.Passable[barrier] && !rising
	return s
}
