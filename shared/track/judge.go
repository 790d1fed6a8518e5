package track

import (
	"fmt"
	"math"
	"time"

	"lastmile/shared/geo"
)

// Limits are what makes a fix unbelievable. A zero field stands for its default.
type Limits struct {
	// Ahead is how far a device's clock may be ahead of ours: 30 s. An accepted
	// fix of the future outranks the truth for that long.
	Ahead time.Duration

	// Age is how old a fix may be: 24 h, for devices that were out of reach.
	Age time.Duration

	// Speed is the fastest that a courier moves, in metres a second: 70.
	Speed float64

	// Slack is how far a position may jump without moving, in metres, on top of
	// the accuracies: 150.
	Slack float64

	// Settle is how long an accepted fix can speak against later ones: 2 min.
	// After that whatever comes is believed.
	Settle time.Duration
}

func (l Limits) withDefaults() Limits {
	d := Limits{Ahead: 30 * time.Second, Age: 24 * time.Hour, Speed: 70, Slack: 150, Settle: 2 * time.Minute}
	for _, p := range [][2]*time.Duration{{&l.Ahead, &d.Ahead}, {&l.Age, &d.Age}, {&l.Settle, &d.Settle}} {
		if *p[0] == 0 {
			*p[0] = *p[1]
		}
	}
	for _, p := range [][2]*float64{{&l.Speed, &d.Speed}, {&l.Slack, &d.Slack}} {
		if *p[0] == 0 {
			*p[0] = *p[1]
		}
	}
	return l
}

// History is what is known of a courier when the next fix comes. The zero
// History is of a courier never seen.
type History struct {
	// Last is the newest accepted fix.
	Last Fix

	// Suspect is the last fix that was refused for its speed. A later one near it
	// shows that it was right and Last was wrong.
	Suspect Fix
}

// Judge decides on a fix that arrives at time now, and returns what is known of
// the courier after it. A refusal is a [*Refusal].
//
// A fix that is older than the last one is never too fast: it takes part in the
// trail only. One bad fix, accepted or refused, costs a courier at most the next
// one.
func (l Limits) Judge(f Fix, h History, now time.Time) (History, error) {
	l = l.withDefaults()
	if err := f.Check(); err != nil {
		return h, err
	}
	if err := l.timely(f, now); err != nil {
		return h, err
	}
	if h.Last.Courier == "" {
		return History{Last: f}, nil
	}
	if f.Compare(h.Last) <= 0 {
		return h, nil
	}
	if l.reaches(h.Last, f) || h.Suspect.Courier != "" && f.Compare(h.Suspect) > 0 && l.reaches(h.Suspect, f) {
		return History{Last: f}, nil
	}
	distance, span := geo.Distance(h.Last.Point, f.Point), f.At.Sub(h.Last.At)
	h.Suspect = f
	return h, &Refusal{TooFast, fmt.Sprintf("%.0f m in %s from the last position; send the next, it is believed if it agrees", distance, span)}
}

// timely refuses a fix that is too far from now.
func (l Limits) timely(f Fix, now time.Time) error {
	switch ahead := f.At.Sub(now); {
	case ahead > l.Ahead:
		return &Refusal{Future, fmt.Sprintf("%s ahead of %s; set the device's clock", ahead.Round(time.Second), now.UTC().Format(time.RFC3339))}
	case -ahead > l.Age:
		return &Refusal{Old, fmt.Sprintf("older than %s", l.Age)}
	}
	return nil
}

// reaches reports whether a courier can have come from the older fix to the
// newer one.
func (l Limits) reaches(older, newer Fix) bool {
	span := newer.At.Sub(older.At)
	if span >= l.Settle {
		return true
	}
	const vague = 1000 // metres of accuracy beyond which none is believed more
	slack := l.Slack + math.Min(older.Accuracy, vague) + math.Min(newer.Accuracy, vague)
	return geo.Distance(older.Point, newer.Point) <= slack+l.Speed*span.Seconds()
}
