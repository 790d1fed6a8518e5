package campaign

import (
	"fmt"
	"time"
)

// Plan is when a campaign runs, as people say it: wall times of a zone.
type Plan struct {
	Zone  string `json:"zone" doc:"IANA name" example:"Europe/Madrid"`
	Start string `json:"start,omitempty" doc:"wall time; none begins at once" example:"2026-12-01T18:00"`
	End   string `json:"end" doc:"wall time" example:"2026-12-01T22:00"`

	// AcceptGap takes a wall time that clocks skip as if they had not been put
	// forward.
	AcceptGap bool `json:"acceptGap,omitempty" doc:"take a time that clocks skip as if they had not been put forward"`
}

// Schedule is when a campaign runs: what people said, and the instants that it
// means. From Starts on it runs, and from Ends on no more.
type Schedule struct {
	Zone   string    `firestore:"zone" json:"zone"`
	Start  string    `firestore:"start" json:"start,omitempty"`
	End    string    `firestore:"end" json:"end"`
	Starts time.Time `firestore:"starts" json:"starts,omitzero"`
	Ends   time.Time `firestore:"ends" json:"ends"`
}

// WallTime is the form of wall times; seconds may be left out.
const WallTime = "2006-01-02T15:04:05"

const (
	shortWallTime = "2006-01-02T15:04"
	maxAhead      = 3 * 366 * 24 * time.Hour
)

// Schedule returns the instants that p means, or all that is wrong with it.
func (p Plan) Schedule(now time.Time) (Schedule, error) {
	var fs Faults
	zone, err := time.LoadLocation(p.Zone)
	if err != nil || p.Zone == "" || p.Zone == "Local" {
		fs.want(false, "zone", fmt.Sprintf("is %q", p.Zone), "use an IANA name like Europe/Madrid")
		return Schedule{}, fs
	}
	s := Schedule{Zone: p.Zone, Start: p.Start, End: p.End}
	if p.Start != "" {
		s.Starts = fs.instant("start", p.Start, zone, p.AcceptGap)
	}
	s.Ends = fs.instant("end", p.End, zone, p.AcceptGap)
	if len(fs) > 0 {
		return Schedule{}, fs
	}
	fs.want(s.Ends.After(s.Starts), "end", "is not after start", "let it end later")
	fs.want(s.Ends.Sub(now) <= maxAhead, "end", "is too far ahead", "end within three years")
	return s, fs.err()
}

// instant resolves a wall time of a field.
func (fs *Faults) instant(field, text string, zone *time.Location, acceptGap bool) time.Time {
	wall, err := time.Parse(WallTime, text)
	if err != nil {
		wall, err = time.Parse(shortWallTime, text)
	}
	if err != nil {
		fs.want(false, field, fmt.Sprintf("is %q", text), "use a wall time like 2026-12-01T18:00")
		return time.Time{}
	}
	at, ok := Resolve(wall, zone)
	fs.want(ok || acceptGap, field, "does not exist: clocks in "+zone.String()+" skip it", "choose another, or accept "+at.In(zone).Format(shortWallTime))
	return at
}

// Resolve returns the instant at which clocks in zone show a wall time, given as
// if it were UTC. Where they show it more than once it is the earliest; where they
// skip it, ok is false and the instant is that of clocks that were not put forward.
func Resolve(wall time.Time, zone *time.Location) (at time.Time, ok bool) {
	const around = 26 * time.Hour // further than any zone is from UTC
	var skipped time.Time
	for t := wall.Add(-around); ; {
		_, offset := t.In(zone).Zone()
		_, next := t.In(zone).ZoneBounds()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if !at.Before(t) && (next.IsZero() || at.Before(next)) {
			return at.UTC(), true
		}
		if !next.IsZero() && !at.Before(next) {
			skipped = at // overtaken by the change at next, unless a later offset shows it
		}
		if next.IsZero() || next.Sub(wall) > around {
			return skipped.UTC(), false
		}
		t = next
	}
}

// publishable refuses a schedule that is over.
func (s Schedule) publishable(now time.Time) error {
	var fs Faults
	fs.want(s.Ends.After(now), "end", "is past", "choose a later one")
	return fs.err()
}

// from returns s for a campaign that is published now: a start that has passed,
// or was left out, is now.
func (s Schedule) from(now time.Time) Schedule {
	if s.Starts.Before(now) {
		s.Starts = now
	}
	return s
}
