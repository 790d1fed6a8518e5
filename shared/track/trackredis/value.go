package trackredis

import (
	"fmt"
	"strconv"

	"lastmile/shared/track"
)

// A value is the Numbers of a fix in decimal, each with all its digits: the
// greater of two values, as text, is the newer fix. Only digits, because Redis
// compares text by the rules of its locale.

// valueSize is the length of every value.
var valueSize = func() (size int) {
	for _, d := range track.Digits {
		size += d
	}
	return size
}()

func appendValue(b []byte, f track.Fix) []byte {
	var digits [20]byte
	for i, n := range f.Numbers() {
		text := strconv.AppendInt(digits[:0], n, 10)
		for range track.Digits[i] - len(text) {
			b = append(b, '0')
		}
		b = append(b, text...)
	}
	return b
}

func parse(courier track.CourierID, value string) (track.Fix, error) {
	if len(value) != valueSize {
		return track.Fix{}, fmt.Errorf("courier %s has the value %.80q, not %d digits", courier, value, valueSize)
	}
	var n track.Numbers
	rest := value
	for i, d := range track.Digits {
		number, err := strconv.ParseInt(rest[:d], 10, 64)
		if err != nil {
			return track.Fix{}, fmt.Errorf("courier %s has the value %.80q: %w", courier, value, err)
		}
		n[i], rest = number, rest[d:]
	}
	return n.Fix(courier), nil
}
