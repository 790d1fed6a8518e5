package campaign

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Edit is a change of what a campaign is; nil leaves a part as it is.
type Edit struct {
	Title *string
	Plan  *Plan
	Terms *Terms
}

// Difference is one field that an edit changes, as JSON values.
type Difference struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
}

// Preview is what an edit would do.
type Preview struct {
	Differences []Difference `json:"differences"`

	// Live is set where customers see the change at once: it has to be confirmed.
	Live bool `json:"live"`

	// Touches are the records that exist: items, customers and orders.
	Touches Touches `json:"touches"`
}

// Touches counts whom a campaign concerns.
type Touches struct {
	Items       int `json:"items"`
	Customers   int `json:"customers"`
	Redemptions int `json:"redemptions"`
}

// Edit returns c after an edit, a new generation, and what it changed. An edit
// that changes nothing returns c as it is.
func (c Campaign) Edit(e Edit, now time.Time) (Campaign, []Difference, error) {
	now = tick(now)
	c = c.At(now)
	if c.State.Closed() {
		return c, nil, &IllegalError{Action: "edit", State: c.State}
	}
	next, err := c.with(e, now)
	if err != nil {
		return c, nil, err
	}
	if err := next.keeps(c, now); err != nil {
		return c, nil, err
	}
	diff := c.differences(next)
	if len(diff) == 0 {
		return c, nil, nil
	}
	next.Gen++
	next.Version++
	return next.At(now), diff, nil
}

// Live reports whether a change would be seen at once by customers.
func (c Campaign) Live() bool { return c.State == Active || c.State == Paused }

// with returns c with the parts of e, or all that is wrong with them.
func (c Campaign) with(e Edit, now time.Time) (Campaign, error) {
	var fs Faults
	_, known := kinds[c.Kind]
	fs.want(known, "kind", fmt.Sprintf("is %q", c.Kind), fmt.Sprintf("use one of %v", Kinds()))
	if e.Title != nil {
		c.Title = *e.Title
		fs.want(c.Title != "" && len(c.Title) <= maxTitle, "title", fmt.Sprintf("has %d bytes", len(c.Title)), fmt.Sprintf("use 1 to %d", maxTitle))
	}
	if e.Terms != nil {
		c.Terms = *e.Terms
		c.Terms.Categories = slices.Clone(e.Terms.Categories)
		fs.terms(c.Terms, c.Kind)
	}
	if e.Plan != nil {
		fs.plan(&c, *e.Plan, now)
	}
	return c, fs.err()
}

// plan gives c a schedule.
func (fs *Faults) plan(c *Campaign, p Plan, now time.Time) {
	s, err := p.Schedule(now)
	if err != nil {
		*fs = append(*fs, err.(Faults)...)
		return
	}
	fs.length(c.Kind, s, now)
	c.Schedule = s
}

// length refuses a schedule that is too long for a kind.
func (fs *Faults) length(k Kind, s Schedule, now time.Time) {
	if s.Starts.IsZero() {
		s.Starts = now
	}
	longest := kinds[k].longest
	fs.want(longest == 0 || s.Ends.Sub(s.Starts) <= longest, "end", "is too late for "+string(k), fmt.Sprintf("run it for at most %s", longest))
}

// keeps refuses a schedule that does not go with what has happened: what runs
// has begun, and what is published ends in the future. A start that has passed
// is now.
func (next *Campaign) keeps(c Campaign, now time.Time) error {
	if c.State == Drafted || next.Schedule == c.Schedule {
		return nil
	}
	if err := next.Schedule.publishable(now); err != nil {
		return err
	}
	if !c.Live() {
		next.Schedule = next.Schedule.from(now)
		return nil
	}
	var fs Faults
	was := c.Schedule
	fs.want(next.Schedule.Zone == was.Zone, "zone", "is that of a campaign that has begun", "leave it as it is")
	fs.want(next.Schedule.Start == was.Start || next.Schedule.Start == "", "start", "is that of a campaign that has begun", "leave it as it is, or out")
	next.Schedule.Start, next.Schedule.Starts = was.Start, was.Starts
	fs.length(c.Kind, next.Schedule, now)
	return fs.err()
}

// differences are the fields in which next differs from c.
func (c Campaign) differences(next Campaign) []Difference {
	type view struct {
		Title    string   `json:"title"`
		Schedule Schedule `json:"schedule"`
		Terms    Terms    `json:"terms"`
	}
	var diff []Difference
	compare(&diff, "", reflect.ValueOf(view{c.Title, c.Schedule, c.Terms}), reflect.ValueOf(view{next.Title, next.Schedule, next.Terms}))
	return diff
}

// compare appends the fields in which two structs differ, as leaves.
func compare(diff *[]Difference, path string, from, to reflect.Value) {
	for i := range from.NumField() {
		field := from.Type().Field(i)
		name := path + jsonName(field)
		a, b := from.Field(i), to.Field(i)
		if _, isTime := a.Interface().(time.Time); a.Kind() == reflect.Struct && !isTime {
			compare(diff, name+".", a, b)
			continue
		}
		was, _ := json.Marshal(a.Interface())
		is, _ := json.Marshal(b.Interface())
		if string(was) != string(is) {
			*diff = append(*diff, Difference{Field: name, From: was, To: is})
		}
	}
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
