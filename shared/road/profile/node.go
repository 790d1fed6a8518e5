package profile

import "lastmile/shared/road/osm"

// Spot is what a node means to a vehicle.
type Spot struct {
	// Blocked is true if nothing passes.
	Blocked bool

	// Turning is true if one may turn round there.
	Turning bool

	// Seconds is what it costs to pass, whatever the direction.
	Seconds float64

	Sign Sign
}

// Sign is a signal or a sign.
type Sign struct {
	// Seconds is what it costs those whom it is for.
	Seconds float64

	// Forward and Backward are true if it is only for those who come along the nodes
	// of its way, or against them.
	Forward, Backward bool

	// Unsure is true for a sign that does not say for whom it is, and may have been
	// put next to its junction.
	Unsure bool

	// Minor is true if it is at a junction itself, for those on roads that are not
	// its fastest.
	Minor bool
}

// For reports whether a sign is for those who come along its way, or against it.
func (s Sign) For(along bool) bool {
	return s.Forward == s.Backward || s.Forward == along
}

// Node returns what a node means.
func (p *Profile) Node(tags osm.Tags) (s Spot) {
	highway := tags.Get("highway")
	s.Sign = p.sign(highway, tags)
	s.Turning = highway == "mini_roundabout" || highway == "turning_loop" || highway == "turning_circle"
	if p.Passable == nil {
		return s
	}
	if access := p.kindest(first(tags, p.AccessTags)); access != "" {
		s.Blocked = p.Denied[access]
		return s
	}
	barrier := tags.Get("barrier")
	s.Seconds = p.Gates[barrier]
	s.Blocked = barrier != "" && !p.passes(barrier, tags)
	return s
}

func (p *Profile) sign(highway string, tags osm.Tags) Sign {
	seconds := p.Signs[highway]
	if seconds == 0 {
		return Sign{}
	}
	direction := tags.Get("direction")
	if own := tags.Get("traffic_signals:direction"); own != "" && highway == "traffic_signals" {
		direction = own
	}
	s := Sign{Seconds: seconds, Forward: direction == "forward", Backward: direction == "backward"}
	if highway == "stop" {
		s.Minor = tags.Get("stop") == "minor"
		s.Unsure = !s.Minor && !s.Forward && !s.Backward && direction != "both"
	}
	return s
}

// passes reports whether the vehicle passes a barrier.
func (p *Profile) passes(barrier string, tags osm.Tags) bool {
	sensory, kerb := tags.Get("sensory"), tags.Get("kerb")
	switch {
	case barrier == "height_restrictor":
		height := metres(tags.Get("maxheight"))
		return p.Passable[barrier] && (height < 0 || height >= p.Height)
	case p.Passable[barrier], tags.Get("bollard") == "rising", kerb == "lowered", kerb == "flush":
		return true
	case barrier == "kerb":
		return tags.Get("highway") == "crossing"
	}
	return barrier == "fence" && (sensory == "audible" || sensory == "audio")
}
