package courier

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Duty returns c after they go on or off duty, or an error that wraps
// [ErrRefused] and says why they cannot.
func (c Courier) Duty(on bool, ends time.Time, by string, now time.Time) (Courier, error) {
	switch {
	case on == c.OnDuty && ends.Equal(c.ShiftEnds):
		return c, nil
	case on && c.Disabled:
		return c, fmt.Errorf("%w: the courier is disabled: ask operations", ErrRefused)
	case on && !ends.IsZero() && !ends.After(now):
		return c, fmt.Errorf("%w: the shift would end before it begins: leave shiftEnds out or name a later time", ErrRefused)
	case !on && len(c.Load.Orders) > 0:
		return c, fmt.Errorf("%w: %d orders are still to be brought: %s", ErrRefused, len(c.Load.Orders), strings.Join(c.Load.Orders, ", "))
	}
	if on != c.OnDuty {
		c.Since = now
	}
	c.OnDuty, c.ShiftEnds = on, ends
	return c.changed(by, now), nil
}

// Profile is what operators set of a courier, and what couriers may change
// themselves: the vehicle and the capacity.
type Profile struct {
	Name      string   `json:"name" maxLength:"200" example:"Ada"`
	Zone      string   `json:"zone" maxLength:"64" example:"malta"`
	Vehicle   Vehicle  `json:"vehicle" enum:"foot,bicycle,motorbike,car"`
	Capacity  int      `json:"capacity" doc:"how many orders at once, 1 to 20"`
	CashLimit int64    `json:"cashLimit" doc:"how much cash they may hold, in the minor unit of the zone's currency; 0 is none"`
	Skills    []string `json:"skills,omitempty" maxItems:"20" example:"[\"alcohol\"]"`
	Disabled  bool     `json:"disabled,omitempty" doc:"gets no offers, and cannot go on duty"`
}

// With returns c with another profile. Who is disabled is off duty.
func (c Courier) With(p Profile, by string, now time.Time) Courier {
	c.Name, c.Zone, c.Vehicle, c.Capacity = p.Name, p.Zone, p.Vehicle, p.Capacity
	c.CashLimit, c.Skills, c.Disabled = p.CashLimit, p.Skills, p.Disabled
	if c.Disabled && c.OnDuty {
		c.OnDuty, c.Since = false, now
	}
	return c.changed(by, now)
}

// Profile returns what operators set of c.
func (c Courier) Profile() Profile {
	return Profile{
		Name: c.Name, Zone: c.Zone, Vehicle: c.Vehicle, Capacity: c.Capacity,
		CashLimit: c.CashLimit, Skills: c.Skills, Disabled: c.Disabled,
	}
}

func (c Courier) changed(by string, now time.Time) Courier {
	c.Version++
	c.By, c.Updated = by, now
	return c
}

// Fault is what is wrong with a field, and what would be right.
type Fault struct{ Field, Problem, Remedy string }

// Bounds on a courier.
const (
	MaxCapacity  = 20
	maxCash      = 1_000_000_000
	maxSkillSize = 64
)

var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// Faults returns all that is wrong with p.
func (p Profile) Faults() []Fault {
	var faults []Fault
	want := func(ok bool, field, problem, remedy string) {
		if !ok {
			faults = append(faults, Fault{field, problem, remedy})
		}
	}
	want(strings.TrimSpace(p.Name) != "" && len(p.Name) <= 200, "name", "is empty or too long", "use 1 to 200 bytes")
	want(plainID.MatchString(p.Zone), "zone", "is not an id", "name the zone in which they deliver")
	want(slices.Contains(Vehicles(), p.Vehicle), "vehicle", fmt.Sprintf("is %.20q", p.Vehicle), "use foot, bicycle, motorbike or car")
	want(1 <= p.Capacity && p.Capacity <= MaxCapacity, "capacity", fmt.Sprintf("is %d", p.Capacity), fmt.Sprintf("use 1 to %d", MaxCapacity))
	want(0 <= p.CashLimit && p.CashLimit <= maxCash, "cashLimit", fmt.Sprintf("is %d", p.CashLimit), fmt.Sprintf("use 0 to %d", maxCash))
	for _, s := range p.Skills {
		want(s != "" && len(s) <= maxSkillSize, "skills", fmt.Sprintf("has %.20q", s), fmt.Sprintf("use 1 to %d bytes each", maxSkillSize))
	}
	return faults
}
