package shop

import (
	"slices"
	"strings"
	"time"
)

// Hours are when a shop is open, by the clock on its wall.
type Hours struct {
	Week []Weekly `json:"week" firestore:"week" maxItems:"42" doc:"the spans of a usual week"`
	Days []Day    `json:"days,omitempty" firestore:"days" maxItems:"100" doc:"dates on which other spans hold; none is closed all day"`
}

// Weekly is a span on some days of every week.
type Weekly struct {
	On []string `json:"on" firestore:"on" maxItems:"7" doc:"mon, tue, wed, thu, fri, sat, sun" example:"[\"mon\", \"tue\"]"`
	Span
}

// Day is a date with hours of its own.
type Day struct {
	Date  string `json:"date" firestore:"date" example:"2026-12-25"`
	Spans []Span `json:"spans" firestore:"spans" maxItems:"6"`
}

// Span is from a time of day up to another, which belongs to the next day where
// it is not later. Equal times are the whole day.
type Span struct {
	From string `json:"from" firestore:"from" example:"08:00"`
	To   string `json:"to" firestore:"to" example:"22:00"`
}

// day is the minutes of one.
const day = 24 * 60

// minutes returns s as minutes of the day it begins on; the end may lie past
// that day.
func (s Span) minutes() (from, to int, ok bool) {
	from, okFrom := minuteOf(s.From)
	to, okTo := minuteOf(s.To)
	if to <= from {
		to += day
	}
	return from, to, okFrom && okTo
}

func minuteOf(clock string) (int, bool) {
	t, err := time.Parse("15:04", clock)
	return t.Hour()*60 + t.Minute(), err == nil
}

// on returns the spans that begin on a date.
func (h Hours) on(date time.Time) []Span {
	text := date.Format(time.DateOnly)
	if i := slices.IndexFunc(h.Days, func(d Day) bool { return d.Date == text }); i >= 0 {
		return h.Days[i].Spans
	}
	var spans []Span
	for _, w := range h.Week {
		if slices.Contains(w.On, weekday(date)) {
			spans = append(spans, w.Span)
		}
	}
	return spans
}

// weekday is "mon" to "sun".
func weekday(date time.Time) string { return strings.ToLower(date.Weekday().String()[:3]) }

// hold reports whether h is open when the wall clock shows local.
func (h Hours) hold(local time.Time) bool {
	now := local.Hour()*60 + local.Minute()
	yesterday := time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, time.UTC)
	return within(h.on(local), now) || within(h.on(yesterday), now+day)
}

func within(spans []Span, minute int) bool {
	return slices.ContainsFunc(spans, func(s Span) bool {
		from, to, ok := s.minutes()
		return ok && from <= minute && minute < to
	})
}

// OpenAt reports whether the shop takes orders at t.
func (s Shop) OpenAt(t time.Time) bool {
	zone, err := time.LoadLocation(s.TimeZone)
	return err == nil && s.Open && s.Hours.hold(t.In(zone))
}

// horizon is how far Opens looks: every day of a week, twice.
const horizon = 15 * 24 * time.Hour

// Opens returns the first time from t on at which the shop takes orders, to the
// minute; false if there is none in the next fortnight, or it is closed until
// further notice.
func (s Shop) Opens(t time.Time) (time.Time, bool) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || !s.Open {
		return time.Time{}, false
	}
	// Minute by minute, because that is right through every change of clocks.
	for at := t; at.Sub(t) < horizon; at = at.Truncate(time.Minute).Add(time.Minute) {
		if s.Hours.hold(at.In(zone)) {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
