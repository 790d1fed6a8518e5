package profile

import (
	"strconv"
	"strings"

	"lastmile/shared/road/osm"
)

// closed reports whether a road is closed to everybody.
func (p *Profile) closed(tags osm.Tags) bool {
	for key, values := range p.Closed {
		if values[tags.Get(key)] {
			return true
		}
	}
	works := tags.Get("construction")
	return p.Works != nil && works != "" && !p.Works[works]
}

// fits reports whether the vehicle is small enough for one direction of a road.
func (p *Profile) fits(tags osm.Tags, direction string) bool {
	limit := func(keys ...string) string { return directed(tags, direction, keys...) }
	width, height, length := metres(limit("maxwidth:physical", "maxwidth", "width", "est_width")), metres(limit("maxheight:physical", "maxheight")), metres(limit("maxlength"))
	weight := tons(limit("maxweightrating", "maxweight"))
	return !(p.Width > 0 && width >= 0 && width <= p.Width || height >= 0 && height < p.Height ||
		length >= 0 && length < p.Length || weight >= 0 && weight < p.Tons)
}

// metres returns the first number of a value as a length, -1 if there is none.
// Feet and inches are written with ' and ".
func metres(value string) float64 {
	length, rest := number(value)
	if inches, feet := strings.CutPrefix(rest, "'"); feet && length >= 0 {
		return (12*length + max(0, leading(inches))) * 0.0254
	}
	return length
}

// tons returns the first number of a value as a weight, -1 if there is none.
func tons(value string) float64 {
	weight, rest := number(value)
	switch {
	case strings.Contains(rest, "lbs"):
		return weight * 0.00045359237
	case strings.Contains(rest, "kg"):
		return weight / 1000
	}
	return weight
}

// number returns the first number of a value and what follows it, -1 if there is
// none.
func number(value string) (n float64, rest string) {
	value = strings.TrimLeftFunc(strings.Replace(value, ",", ".", 1), func(r rune) bool { return r < '0' || r > '9' })
	rest = strings.TrimLeft(value, "0123456789.")
	n, err := strconv.ParseFloat(value[:len(value)-len(rest)], 64)
	if err != nil {
		return -1, ""
	}
	return n, rest
}
