package profile

import (
	"strings"

	"lastmile/shared/road/osm"
)

// Lane is one direction of a road.
type Lane struct {
	// KMH is the speed; 0 is closed.
	KMH float64

	// Seconds is what the whole way takes, where that is known; it counts in place
	// of the speed.
	Seconds float64

	// Restricted is true if only those may enter whose way ends there.
	Restricted bool

	// Transit is true if no way begins or ends there.
	Transit bool

	// Round is true on a roundabout.
	Round bool

	// Appeal is how much as attractive the lane is as its time says, in percent:
	// one of 50 is used as if it took twice its time.
	Appeal uint8
}

// Way returns how a road may be used, along its nodes and against them.
func (p *Profile) Way(tags osm.Tags) (forward, backward Lane) {
	highway := tags.Get("highway")
	lane := Lane{KMH: p.Speeds[highway]}
	if kmh := p.Routes[tags.Get("route")]; kmh > 0 {
		lane = Lane{KMH: kmh, Seconds: duration(tags.Get("duration")), Transit: true}
	}
	if kmh := p.Bridges[tags.Get("bridge")]; kmh > 0 {
		lane = Lane{KMH: kmh, Seconds: duration(tags.Get("duration"))}
	}
	if lane.KMH == 0 && (highway == "" || p.Never[highway]) || tags.Get("area") == "yes" || p.closed(tags) {
		return Lane{}, Lane{}
	}
	junction := tags.Get("junction")
	lane.Round = junction == "roundabout" || junction == "circular"
	forward, backward = lane, lane
	p.access(tags, "forward", &forward)
	p.access(tags, "backward", &backward)
	p.limit(tags, "forward", &forward)
	p.limit(tags, "backward", &backward)
	p.oneway(tags, &forward, &backward)
	appeal := p.appeal(tags, forward.KMH > 0 && backward.KMH > 0)
	forward.Appeal, backward.Appeal = appeal, appeal
	return forward, backward
}

// directed returns the value of the first of the keys that is there, for one
// direction if that has its own.
func directed(tags osm.Tags, direction string, keys ...string) string {
	for _, key := range keys {
		if value := tags.Get(key + ":" + direction); value != "" {
			return value
		}
		if value := tags.Get(key); value != "" {
			return value
		}
	}
	return ""
}

// access closes, restricts or opens a lane by the first access tag that is there,
// and closes it to what is too large.
func (p *Profile) access(tags osm.Tags, direction string, lane *Lane) {
	value := first(tags, p.AccessTags)
	if p.Restricted != nil {
		value = p.kindest(directed(tags, direction, p.AccessTags...))
	}
	known := p.Speeds[tags.Get("highway")] > 0
	switch {
	case known && p.Restricted[value]:
		lane.Restricted = true
	case p.Denied[value] || p.Restricted[value]:
		lane.KMH = 0
	case lane.KMH == 0 && value != "":
		lane.KMH = p.OtherKMH
	}
	if p.Pooled && pooled(tags, direction) {
		lane.Restricted = true
	}
	if !p.fits(tags, direction) {
		lane.KMH = 0
	}
}

// kindest returns the value in a list that opens a road furthest.
func (p *Profile) kindest(list string) (best string) {
	rank := -1
	for value := range strings.SplitSeq(list, ";") {
		value = strings.TrimSpace(value)
		r := 2
		switch {
		case p.Restricted[value]:
			r = 1
		case p.Denied[value]:
			r = 0
		}
		if r > rank {
			best, rank = value, r
		}
	}
	return best
}

func first(tags osm.Tags, keys []string) string {
	for _, key := range keys {
		if value := tags.Get(key); value != "" {
			return value
		}
	}
	return ""
}

// pooled reports whether all lanes of a direction are for full cars.
func pooled(tags osm.Tags, direction string) bool {
	if tags.Get("hov") == "designated" {
		return true
	}
	for lane := range strings.SplitSeq(directed(tags, direction, "hov:lanes"), "|") {
		if lane != "designated" {
			return false
		}
	}
	return true
}

func (p *Profile) oneway(tags osm.Tags, forward, backward *Lane) {
	if p.OnewayTags == nil {
		return
	}
	oneway := first(tags, p.OnewayTags)
	for key, values := range p.Against {
		if values[tags.Get(key)] {
			oneway = "no"
		}
	}
	switch oneway {
	case "yes", "true", "1":
		backward.KMH = 0
	case "-1":
		forward.KMH = 0
	case "no", "false", "0":
	default:
		if forward.Round || tags.Get("highway") == "motorway" {
			backward.KMH = 0
		}
	}
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
	if p.Unmarked > 0 && twoWay && tags.Get("lane_markings") == "no" {
		least = min(least, p.Unmarked)
	}
	return least
}
