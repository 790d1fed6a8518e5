package assign

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"lastmile/shared/geo"
)

// Travel tells how long the way between two places takes.
type Travel interface {
	Time(from, to geo.Point) time.Duration
}

// Straight is the fallback without a road map: the straight line at so many
// metres a second.
type Straight float64

// Time returns the whole seconds from one place to the other.
func (s Straight) Time(from, to geo.Point) time.Duration {
	return time.Duration(math.Ceil(geo.Distance(from, to)/float64(s))) * time.Second
}

// Table is a set of known times, such as answers of the distance service.
type Table struct {
	times map[leg]time.Duration

	// otherwise tells the times that are not in the table.
	otherwise Travel
}

type leg struct{ From, To geo.Point }

// NewTable returns an empty table; otherwise tells what it does not know.
func NewTable(otherwise Travel) *Table {
	return &Table{times: map[leg]time.Duration{}, otherwise: otherwise}
}

// Set notes the time from one place to another.
func (t *Table) Set(from, to geo.Point, d time.Duration) { t.times[leg{from, to}] = d }

// Time returns the time that was set, or else the fallback's, which it keeps:
// a table that a round has asked replays the round.
func (t *Table) Time(from, to geo.Point) time.Duration {
	d, known := t.times[leg{from, to}]
	if !known {
		d = t.otherwise.Time(from, to)
		t.times[leg{from, to}] = d
	}
	return d
}

type entry struct {
	leg
	Time time.Duration
}

// MarshalJSON returns all times of the table, without its fallback. Equal tables
// have equal bytes.
func (t *Table) MarshalJSON() ([]byte, error) {
	entries := make([]entry, 0, len(t.times))
	for l, d := range t.times {
		entries = append(entries, entry{l, d})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(comparePoints(a.From, b.From), comparePoints(a.To, b.To))
	})
	return json.Marshal(entries)
}

func comparePoints(p, q geo.Point) int {
	return cmp.Or(cmp.Compare(p.Lat, q.Lat), cmp.Compare(p.Lng, q.Lng))
}

// guess is what a table that was stored says of ways that it does not know: a
// bicycle in a town.
const guess = Straight(5)

// UnmarshalJSON fills the table with times that were marshalled.
func (t *Table) UnmarshalJSON(data []byte) error {
	var entries []entry
	if err := json.Unmarshal(data, &entries); err != nil {
		return err
	}
	t.times, t.otherwise = make(map[leg]time.Duration, len(entries)), guess
	for _, e := range entries {
		t.times[e.leg] = e.Time
	}
	return nil
}
