package shop

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lastmile/shared/geo"
)

// Fault is what is wrong with a field, and what would be right.
type Fault struct{ Field, Problem, Remedy string }

// Faults is all that is wrong with settings.
type Faults []Fault

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = fault.Field + " " + fault.Problem + ": " + fault.Remedy
	}
	return strings.Join(parts, "; ")
}

func (f *Faults) want(ok bool, field, problem, remedy string) {
	if !ok {
		*f = append(*f, Fault{field, problem, remedy})
	}
}

func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

var (
	plainID  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

// MaxAmount bounds amounts, in minor units: sums of orders never overflow.
const MaxAmount = 1_000_000_000

// Validate returns nil or, as [Faults], every fault of s at once.
func (s Shop) Validate() error {
	var f Faults
	f.common(s.ID, s.Name, s.Currency, s.TimeZone)
	f.want(s.Point.Valid() && s.Point != geo.Point{}, "point", "is no place", "use degrees of latitude and longitude")
	f.want(plainID.MatchString(s.Zone), "zone", "is not an id", "name the zone in which the shop is")
	f.between(s.MinOrder, MaxAmount, "minOrder")
	f.between(int64(s.PrepMinutes), 600, "prepMinutes")
	f.want(!slices.Contains(s.Needs, ""), "needs", "has an empty skill", "leave it out")
	f.hours(s.Hours)
	return f.err()
}

// Validate returns nil or, as [Faults], every fault of z at once.
func (z Zone) Validate() error {
	var f Faults
	f.common(z.ID, z.Name, z.Currency, z.TimeZone)
	f.want(3 <= len(z.Area) && len(z.Area) <= maxCorners, "area", fmt.Sprintf("has %d corners", len(z.Area)), fmt.Sprintf("use 3 to %d", maxCorners))
	for i, p := range z.Area {
		f.want(p.Valid(), fmt.Sprintf("area[%d]", i), "is no place", "use degrees of latitude and longitude")
	}
	f.between(z.Fees.Delivery, MaxAmount, "fees.delivery")
	f.between(z.Fees.PerKilometre, MaxAmount, "fees.perKilometre")
	f.between(z.Fees.FreeMetres, 1_000_000, "fees.freeMetres")
	f.between(z.Fees.ServiceBasisPoints, 10_000, "fees.serviceBasisPoints")
	return f.err()
}

func (f *Faults) common(id, name, code, zone string) {
	f.want(plainID.MatchString(id), "id", "is not an id", "use 1 to 64 letters, digits, - and _")
	f.want(strings.TrimSpace(name) != "" && len(name) <= 200, "name", "is empty or too long", "use 1 to 200 bytes")
	f.want(currency.MatchString(code), "currency", fmt.Sprintf("is %.10q", code), "use an ISO 4217 code like EUR")
	_, err := time.LoadLocation(zone)
	f.want(err == nil && zone != "" && zone != "Local", "timeZone", fmt.Sprintf("is %.64q", zone), "use an IANA name like Europe/Malta")
}

func (f *Faults) between(n, most int64, field string) {
	f.want(0 <= n && n <= most, field, fmt.Sprintf("is %d", n), fmt.Sprintf("use 0 to %d", most))
}

// Bounds on what one document holds.
const (
	maxCorners = 500
	maxSpans   = 42
	maxDays    = 100
)

func (f *Faults) hours(h Hours) {
	f.want(len(h.Week) <= maxSpans, "hours.week", "is too long", fmt.Sprintf("use at most %d spans", maxSpans))
	for i, w := range h.Week {
		field := fmt.Sprintf("hours.week[%d]", i)
		f.want(len(w.On) > 0, field+".on", "is empty", "name days like mon")
		for _, d := range w.On {
			f.want(slices.Contains([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, d), field+".on", fmt.Sprintf("has the day %.10q", d), "use mon, tue, wed, thu, fri, sat, sun")
		}
		f.span(w.Span, field)
	}
	f.want(len(h.Days) <= maxDays, "hours.days", "is too long", fmt.Sprintf("use at most %d dates", maxDays))
	for i, d := range h.Days {
		field := fmt.Sprintf("hours.days[%d]", i)
		_, err := time.Parse(time.DateOnly, d.Date)
		f.want(err == nil, field+".date", fmt.Sprintf("is %.20q", d.Date), "use a date like 2026-12-25")
		f.want(len(d.Spans) <= maxSpans, field+".spans", "is too long", fmt.Sprintf("use at most %d", maxSpans))
		for _, s := range d.Spans {
			f.span(s, field+".spans")
		}
	}
}

func (f *Faults) span(s Span, field string) {
	_, _, ok := s.minutes()
	f.want(ok, field, fmt.Sprintf("is from %.10q to %.10q", s.From, s.To), "use times of day like 08:00")
}
