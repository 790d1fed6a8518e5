package distance

import (
	"math"

	"lastmile/shared/geo"
)

// appendLine appends a line as GeoJSON has it.
func appendLine(b []byte, points []geo.Point) []byte {
	b = appendPoints(append(b, `{"type":"LineString","coordinates":`...), points)
	return append(b, '}')
}

func appendPoints(b []byte, points []geo.Point) []byte {
	b = append(b, '[')
	for i, p := range points {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPoint(b, p)
	}
	return append(b, ']')
}

// appendPolyline appends points in Google's encoding, as a JSON string: each
// coordinate, in 1/precision degree, less the one before.
func appendPolyline(b []byte, points []geo.Point, precision float64) []byte {
	b = append(b, '"')
	var lat, lng int64
	for _, p := range points {
		y, x := int64(math.Round(p.Lat*precision)), int64(math.Round(p.Lng*precision))
		b = appendDelta(appendDelta(b, y-lat), x-lng)
		lat, lng = y, x
	}
	return append(b, '"')
}

func appendDelta(b []byte, d int64) []byte {
	u := uint64(d<<1) ^ uint64(d>>63)
	for ; u >= 0x20; u >>= 5 {
		b = appendChar(b, byte(u&0x1f|0x20))
	}
	return appendChar(b, byte(u))
}

// appendChar appends a character of the encoding; a backslash is one of them.
func appendChar(b []byte, bits byte) []byte {
	if c := bits + 63; c != '\\' {
		return append(b, c)
	}
	return append(b, `\\`...)
}
