package campaign_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/campaign"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSchedule(t *testing.T) {
	tests := map[string]struct {
		plan   campaign.Plan
		starts string
		fault  string // field
	}{
		"a wall time is that of the zone":               {plan: campaign.Plan{Zone: "Europe/Madrid", Start: "2026-03-10T18:00", End: "2026-03-10T22:00"}, starts: "2026-03-10T17:00:00Z"},
		"seconds are taken":                             {plan: campaign.Plan{Zone: "UTC", Start: "2026-03-10T18:00:30", End: "2026-03-10T22:00"}, starts: "2026-03-10T18:00:30Z"},
		"a time that clocks skip is refused":            {plan: campaign.Plan{Zone: "Europe/Madrid", Start: "2026-03-29T02:30", End: "2026-03-30T22:00"}, fault: "start"},
		"a confirmed one is that of unchanged clocks":   {plan: campaign.Plan{Zone: "Europe/Madrid", Start: "2026-03-29T02:30", End: "2026-03-30T22:00", AcceptGap: true}, starts: "2026-03-29T01:30:00Z"},
		"of a time that comes twice the first counts":   {plan: campaign.Plan{Zone: "Europe/Madrid", Start: "2026-10-25T02:30", End: "2026-10-30T22:00"}, starts: "2026-10-25T00:30:00Z"},
		"an unknown zone is refused":                    {plan: campaign.Plan{Zone: "Mars/Base", Start: "2026-03-10T18:00", End: "2026-03-10T22:00"}, fault: "zone"},
		"the machine's own zone is refused":             {plan: campaign.Plan{Zone: "Local", Start: "2026-03-10T18:00", End: "2026-03-10T22:00"}, fault: "zone"},
		"an end before the start is refused":            {plan: campaign.Plan{Zone: "UTC", Start: "2026-03-10T18:00", End: "2026-03-10T18:00"}, fault: "end"},
		"a time that is none is refused":                {plan: campaign.Plan{Zone: "UTC", Start: "at six", End: "2026-03-10T18:00"}, fault: "start"},
		"an end beyond three years is refused":          {plan: campaign.Plan{Zone: "UTC", Start: "2026-03-10T18:00", End: "2036-03-10T18:00"}, fault: "end"},
		"a half hour's change of clocks is one as well": {plan: campaign.Plan{Zone: "Australia/Lord_Howe", Start: "2026-10-04T02:15", End: "2026-10-05T02:15"}, fault: "start"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := test.plan.Schedule(noon)
			if test.fault != "" {
				var faults campaign.Faults
				require.ErrorAs(t, err, &faults)
				require.Equal(t, test.fault, faults[0].Field)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.starts, s.Starts.Format(time.RFC3339))
		})
	}
}

// TestEveryChangeOfClocks takes every zone there is through every change of its
// clocks in fifty years.
func TestEveryChangeOfClocks(t *testing.T) {
	changes := 0
	for _, name := range zoneNames(t) {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		at := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
		for at.Year() < 2040 {
			_, next := at.In(zone).ZoneBounds()
			if next.IsZero() {
				break
			}
			changes++
			around(t, zone, next)
			at = next
		}
	}
	require.Greater(t, changes, 1000)
}

// around checks walls just before, within and after a change of clocks.
func around(t *testing.T, zone *time.Location, change time.Time) {
	_, before := change.Add(-time.Second).In(zone).Zone()
	_, after := change.In(zone).Zone()
	shift := time.Duration(after-before) * time.Second
	wall := func(instant time.Time, offset int) time.Time {
		return instant.UTC().Add(time.Duration(offset) * time.Second)
	}
	for _, beside := range []time.Duration{-time.Minute, -time.Second, 0, shift.Abs() / 2, shift.Abs() - time.Second, shift.Abs()} {
		w := wall(change.Add(beside), before) // as clocks that were not changed would show it
		got, ok := campaign.Resolve(w, zone)
		_, offset := got.In(zone).Zone()
		skipped := shift > 0 && beside >= 0 && beside < shift
		require.Equal(t, !skipped, ok, "%s: %s", zone, w)
		if skipped {
			require.Equal(t, change.Add(beside).UTC(), got, "%s: %s", zone, w)
			continue
		}
		require.Equal(t, w, wall(got, offset), "%s: clocks show another time", zone)
		if shift < 0 && beside < 0 && beside >= shift {
			require.Equal(t, change.Add(beside).UTC(), got, "%s: %s comes twice, and the first counts", zone, w)
		}
	}
}

func zoneNames(t *testing.T) []string {
	for _, root := range []string{"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"} {
		var names []string
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			name, _ := filepath.Rel(root, path)
			if err != nil || d.IsDir() || name[0] < 'A' || name[0] > 'Z' {
				return nil
			}
			if data, _ := os.ReadFile(path); len(data) > 4 && string(data[:4]) == "TZif" {
				names = append(names, name)
			}
			return nil
		})
		if len(names) > 100 {
			return names
		}
	}
	t.Skip("no folder of time zones on this machine")
	return nil
}
