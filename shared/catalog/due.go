package catalog

import "time"

// horizon is how far NextDue looks past the interval: a window opens at least
// once in it, whatever a change of the clocks swallows.
const horizon = 3 * 24 * time.Hour

// Due reports whether a sync should start at now, when the last one started at
// lastStart (zero: there was none).
func (s Settings) Due(now, lastStart time.Time) bool {
	if !s.Active || now.Before(s.earliest(lastStart)) {
		return false
	}
	w, ok := s.Schedule.window()
	return ok && w.holds(now)
}

// NextDue returns the first time from now on, to the minute, at which s is
// due; false if it never is.
func (s Settings) NextDue(now, lastStart time.Time) (time.Time, bool) {
	w, ok := s.Schedule.window()
	if !s.Active || !ok {
		return time.Time{}, false
	}
	from := now
	if e := s.earliest(lastStart); e.After(now) {
		from = e
	}
	// Minute by minute, because that is right through every change of clocks.
	for t := from; t.Sub(from) < horizon; t = t.Truncate(time.Minute).Add(time.Minute) {
		if w.holds(t) {
			return t, true
		}
	}
	return time.Time{}, false
}

// earliest is to the minute, as syncs are looked for once in each: a look that comes
// a little sooner than the last one did is not a minute too early.
func (s Settings) earliest(lastStart time.Time) time.Time {
	if lastStart.IsZero() {
		return lastStart
	}
	return lastStart.Add(s.Schedule.Interval()).Truncate(time.Minute)
}

// window is a span of the wall clock, in minutes of the day, in a zone.
type window struct {
	zone     *time.Location
	from, to int
}

func (s Schedule) window() (window, bool) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return window{}, false
	}
	if s.From == "" && s.To == "" {
		return window{zone: zone, to: 24 * 60}, true
	}
	from, okFrom := minuteOfDay(s.From)
	to, okTo := minuteOfDay(s.To)
	return window{zone: zone, from: from, to: to}, okFrom && okTo
}

func (w window) holds(t time.Time) bool {
	local := t.In(w.zone)
	m := local.Hour()*60 + local.Minute()
	if w.from <= w.to {
		return w.from <= m && m < w.to
	}
	return m >= w.from || m < w.to
}

func minuteOfDay(clock string) (int, bool) {
	t, err := time.Parse("15:04", clock)
	return t.Hour()*60 + t.Minute(), err == nil
}

// Stale reports whether a shop's items are older at now than its settings mean
// them to be: the sync that was due after the last complete one, which started
// at lastComplete, is a whole interval late.
func (s Settings) Stale(now, lastComplete time.Time) bool {
	if !s.Active {
		return false
	}
	if lastComplete.IsZero() {
		return true
	}
	due, ok := s.NextDue(lastComplete, lastComplete)
	return ok && now.After(due.Add(s.Schedule.Interval()))
}
