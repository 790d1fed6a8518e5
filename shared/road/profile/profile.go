// Package profile says how a vehicle uses roads: where it may go, how fast, and
// what a turn costs it. A profile is a table of values, read against the tags of
// OpenStreetMap.
//
// Car follows OSRM's default car, as of its version 26.4: speeds by highway,
// posted limits with their units, zones and countries, surfaces, access by
// hierarchy and by direction, oneways, barriers and gates, signals and signs by
// the direction they face, durations of ferries, restrictions of turns over
// nodes and over ways, sizes, and where one may turn round. Restrictions that hold
// at some hours only are treated as there: those with a condition of their own
// (restriction:conditional) never hold, those that name days or hours beside it
// (day_on, hour_on) always do. It differs from OSRM's car in this:
//
//   - All drive on the right, whatever the country or driving_side; so does
//     OSRM unless it is given the countries' borders.
//   - Later refusals of access are in: military, official, permit and the like.
//   - A way may begin or end on a private service road: deliveries do.
//   - Turn lanes do not allow turning round, roads that lie side by side are not
//     merged before turns are counted, and a turn from a roundabout's entry
//     straight into its exit is not refused.
//   - Classes that a request may exclude, such as tolls, are not known: a toll
//     costs no time, here as there.
//
// Simple is the exact model that the golden distances are computed with, and
// reads hardly any tags.
package profile

import (
	"fmt"
	"math"
	"strings"
)

// Profile is a vehicle's view of roads.
type Profile struct {
	Name string

	// Speeds are in km/h, by highway; Routes by route (ferries), Bridges by bridge
	// (those that move).
	Speeds, Routes, Bridges map[string]float64

	// OtherKMH is the speed on other highways, where a tag allows access; 0 is none.
	// Never are highways that are always closed.
	OtherKMH float64
	Never    map[string]bool

	// Bounds are upper limits of the speed in km/h, by key and value of a tag.
	Bounds map[string]map[string]float64

	// MaxspeedFactor is the share of a posted limit that is driven; with 0 limits
	// are not read. MaxspeedOnlyLowers keeps a limit from raising the speed.
	MaxspeedFactor     float64
	MaxspeedOnlyLowers bool

	// AccessTags are read in this order: the first that is present counts. Denied
	// closes a road; Restricted opens it to those whose way begins or ends there.
	AccessTags         []string
	Denied, Restricted map[string]bool

	// Closed are values by key that close a road, whatever its access. Works are the
	// values of construction that do not.
	Closed map[string]map[string]bool
	Works  map[string]bool

	// Width, Height and Length are the vehicle's, in metres, Tons its weight; 0 fits
	// everywhere.
	Width, Height, Length, Tons float64

	// OnewayTags are read in this order: the first that is present counts; nil is
	// for those on foot. Against are values by key that let one go against it.
	OnewayTags []string
	Against    map[string]map[string]bool

	// Pooled makes those drive around lanes for full cars only (hov) whose way does
	// not end there.
	Pooled bool

	// Passable are the barriers that do not stop the vehicle; nil ignores all.
	Passable map[string]bool

	// Appeals are, in percent, how much as attractive a road is as its time says, by
	// key and value of a tag; the least counts. Narrow is that of roads for two ways
	// with one lane, or of at most three metres, Unmarked that of roads for two ways
	// without marks; 0 is 100.
	Appeals          map[string]map[string]uint8
	Narrow, Unmarked uint8

	// Signs are the seconds that signals and signs cost, by highway, Gates what
	// barriers do that have to be opened.
	Signs, Gates map[string]float64

	Turns Turns

	// Exceptions are the vehicles that an "except" of a restriction frees; nil
	// ignores restrictions.
	Exceptions []string

	// Vertices makes places snap to nodes instead of to points between them.
	Vertices bool
}

// Turns are the costs of turns.
type Turns struct {
	// Seconds is the most that a turn costs, and Bias how much dearer one across
	// the traffic is than one along it.
	Seconds, Bias float64

	// UTurnSeconds is the cost of turning round, where that is usual; AnyUTurn
	// allows it everywhere, for nothing.
	UTurnSeconds float64
	AnyUTurn     bool
}

// ErrUnknown is returned for a name that no profile has.
var ErrUnknown = fmt.Errorf("no such profile")

// Named returns the profile of that name.
func Named(name string) (Profile, error) {
	for _, p := range []Profile{Car(), Moped(), Bicycle(), Foot(), Simple()} {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("%w: %q; there are car, moped, bicycle, foot and simple", ErrUnknown, name)
}

// Cost returns the seconds of a turn by an angle in degrees, 0 straight on and
// positive to the right, at a junction of so many roads.
func (t Turns) Cost(angle float64, roads int, uTurn bool) float64 {
	if t.AnyUTurn || t.Seconds == 0 || roads <= 2 && !uTurn {
		return 0
	}
	bias, a := t.Bias, angle
	if angle < 0 {
		bias, a = 1/t.Bias, -angle
	}
	seconds := t.Seconds / (1 + math.Exp(-(13/bias*a/180 - 6.5*bias)))
	if uTurn {
		seconds += t.UTurnSeconds
	}
	return seconds
}

// Exempt reports whether an "except" of a restriction names the vehicle.
func (p *Profile) Exempt(except string) bool {
	for one := range strings.SplitSeq(except, ";") {
		for _, mine := range p.Exceptions {
			if strings.TrimSpace(one) == mine {
				return true
			}
		}
	}
	return false
}
