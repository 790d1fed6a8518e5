package track

import (
	"fmt"
	"math"
	"time"
)

// Reason is why a fix was refused.
type Reason string

// The reasons.
const (
	BadName Reason = "name"   // the courier's or the order's
	NotANum Reason = "number" // NaN or infinite
	Range   Reason = "range"  // a number that cannot be
	Future  Reason = "future" // the device's clock is ahead
	Old     Reason = "old"    // beyond what is kept
	TooFast Reason = "speed"  // nobody gets there in that time
)

// Refusal is the error of a fix that was refused.
type Refusal struct {
	Reason Reason
	Detail string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Reason, r.Detail) }

const (
	maxName     = 64        // bytes
	maxSeq      = 1<<53 - 1 // beyond it Redis and JavaScript count wrong
	maxAccuracy = 9_999     // metres
	maxSpeed    = 999       // metres a second: what a device may say
)

// epoch is before any courier carried a device, and the end is as long as
// milliseconds have 13 digits.
var (
	epoch = time.Date(2001, 9, 10, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2286, 11, 20, 0, 0, 0, 0, time.UTC)
)

// Check refuses a fix that makes no sense, whenever it comes. Its error is a
// [*Refusal].
func (f Fix) Check() error {
	if !named(string(f.Courier)) {
		return &Refusal{BadName, "a courier's id is 1 to 64 letters, digits and _.:-, the first a letter or digit"}
	}
	if f.Order != "" && !named(string(f.Order)) {
		return &Refusal{BadName, "an order's id is 1 to 64 letters, digits and _.:-, the first a letter or digit"}
	}
	for _, x := range []float64{f.Lat, f.Lng, f.Accuracy, f.Speed, f.Heading} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return &Refusal{NotANum, "every number must be finite"}
		}
	}
	return ranged(f)
}

func ranged(f Fix) error {
	for _, c := range []struct {
		wrong  bool
		detail string
	}{
		{!f.Valid(), "lat must be within ±85.05 and lng within ±180"},
		{f.Lat == 0 && f.Lng == 0, "a device without a position says 0, 0; send none"},
		{f.Seq < 0 || f.Seq > maxSeq, "seq must be 0 to 2^53-1"},
		{f.At.Before(epoch) || !f.At.Before(end), "at must be a time in RFC 3339"},
		{f.Accuracy < 0 || f.Accuracy > maxAccuracy, "accuracy must be 0 to 9999 metres"},
		{f.Speed < 0 || f.Speed > maxSpeed, "speed must be 0 to 999 metres a second"},
		{f.Heading < 0 || f.Heading > 360, "heading must be 0 to 360 degrees"},
	} {
		if c.wrong {
			return &Refusal{Range, c.detail}
		}
	}
	return nil
}

// named reports whether s can be a part of keys and document ids.
func named(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		mark := c == '_' || c == '.' || c == ':' || c == '-'
		if !alphanumeric && (!mark || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
