package profile

import (
	"math"
	"strconv"
	"strings"

	"lastmile/shared/road/osm"
)

// limit applies the posted limit first and surfaces then, as OSRM does.
func (p *Profile) limit(tags osm.Tags, direction string, lane *Lane) {
	if p.MaxspeedFactor > 0 && lane.KMH > 0 {
		posted := directed(tags, direction, "maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type")
		kmh := maxspeed(posted) * p.MaxspeedFactor
		if kmh > 0 && (!p.MaxspeedOnlyLowers || kmh < lane.KMH) {
			lane.KMH = kmh
		}
	}
	for key, bounds := range p.Bounds {
		if most, ok := bounds[tags.Get(key)]; ok {
			lane.KMH = min(lane.KMH, most)
		}
	}
}

// zones are the limits where none is posted, in km/h.
var zones = map[string]float64{"urban": 50, "rural": 90, "trunk": 110, "motorway": 130}

// countries are those that have other limits.
var countries = map[string]float64{
	"at:rural": 100, "at:trunk": 100, "ar:urban": 40, "ar:rural": 110, "be:motorway": 120, "be-bru:rural": 70, "be-bru:urban": 30,
	"be-vlg:rural": 70, "bg:motorway": 140, "by:urban": 60, "by:motorway": 110, "ca-on:rural": 80, "ch:rural": 80, "ch:trunk": 100,
	"ch:motorway": 120, "de:living_street": 7, "de:rural": 100, "de:motorway": 0, "dk:rural": 80, "es:trunk": 90, "fr:rural": 80,
	"gb:nsl_single": 60 * mile, "gb:nsl_dual": 70 * mile, "gb:motorway": 70 * mile, "lv:living_street": 20, "nl:rural": 80,
	"nl:trunk": 100, "no:rural": 80, "no:motorway": 110, "ph:urban": 40, "ph:rural": 80, "ph:motorway": 100, "pl:rural": 100,
	"pl:expressway": 120, "pl:motorway": 140, "ro:trunk": 100, "ru:living_street": 20, "ru:urban": 60, "ru:motorway": 110,
	"uk:nsl_single": 60 * mile, "uk:nsl_dual": 70 * mile, "uk:motorway": 70 * mile, "za:urban": 60, "za:rural": 100, "none": 140,
}

const mile = 1.609 // km

// maxspeed returns a posted limit in km/h, 0 if it is none.
func maxspeed(value string) float64 {
	kmh := leading(value)
	if kmh < 0 {
		value = strings.ToLower(value)
		if own, ok := countries[value]; ok {
			return own
		}
		_, zone, _ := strings.Cut(value, ":")
		return zones[zone]
	}
	if strings.Contains(value, "mph") || strings.Contains(value, "mp/h") {
		kmh *= mile
	}
	return math.Min(kmh, 200)
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

// longest is what a duration may be, in seconds: more than a day is none.
const longest = 24 * 60 * 60

// duration returns the seconds of 90, 1:30, 1:30:00 and PT1H30M, which are all the
// same; 0 for what is none.
func duration(value string) float64 {
	seconds := 0.0
	if designated, ok := strings.CutPrefix(strings.ToUpper(value), "PT"); ok {
		seconds = inUnits(designated)
	} else {
		seconds = byColons(value)
	}
	if seconds > longest {
		return 0
	}
	return seconds
}

func byColons(value string) (seconds float64) {
	parts := strings.Split(value, ":")
	if len(parts) > 3 {
		return 0
	}
	unit := 3600.0
	if len(parts) == 1 {
		unit = 60
	}
	for _, part := range parts {
		number, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return 0
		}
		seconds, unit = seconds+float64(number)*unit, unit/60
	}
	return seconds
}

func inUnits(value string) (seconds float64) {
	for value != "" {
		number := leading(value)
		value = strings.TrimLeft(value, "0123456789")
		if number < 0 || value == "" {
			return 0
		}
		unit := strings.IndexByte("SMH", value[0])
		if unit < 0 {
			return 0
		}
		seconds, value = seconds+number*math.Pow(60, float64(unit)), value[1:]
	}
	return seconds
}
