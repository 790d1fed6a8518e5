package catalog_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/catalog"
)

func scheduled(from, to, zone string, interval time.Duration) catalog.Settings {
	return shop(func(s *catalog.Settings) {
		s.Schedule = catalog.Schedule{IntervalSeconds: int(interval.Seconds()), From: from, To: to, Zone: zone}
	})
}

func at(t require.TestingT, text string) time.Time {
	got, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return got
}

func TestStale(t *testing.T) {
	hourly := scheduled("", "", "UTC", time.Hour)
	night := scheduled("22:00", "06:00", "UTC", time.Hour)
	off := hourly
	off.Active = false
	for name, c := range map[string]struct {
		s         catalog.Settings
		now, last string
		stale     bool
	}{
		"never synced":                       {hourly, "2026-05-01T12:00:00Z", "", true},
		"synced an interval ago":             {hourly, "2026-05-01T12:00:00Z", "2026-05-01T11:00:00Z", false},
		"an interval late":                   {hourly, "2026-05-01T13:00:01Z", "2026-05-01T11:00:00Z", true},
		"by day nobody expects a night sync": {night, "2026-05-01T21:00:00Z", "2026-05-01T05:30:00Z", false},
		"the night began and no sync came":   {night, "2026-05-01T23:00:01Z", "2026-05-01T05:30:00Z", true},
		"switched off is never late":         {off, "2026-05-01T12:00:00Z", "2026-01-01T11:00:00Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			var last time.Time
			if c.last != "" {
				last = at(t, c.last)
			}
			require.Equal(t, c.stale, c.s.Stale(at(t, c.now), last))
		})
	}
}

func TestDue(t *testing.T) {
	off := scheduled("", "", "UTC", time.Hour)
	off.Active = false
	always := scheduled("", "", "UTC", time.Hour)
	day := scheduled("09:00", "17:30", "Europe/Madrid", time.Hour)
	night := scheduled("22:00", "06:00", "Europe/Madrid", time.Hour)
	// The clocks of Madrid skip 02:00-03:00 on 29 March 2026 and repeat it on 25 October.
	gap := scheduled("02:15", "02:45", "Europe/Madrid", time.Hour)
	for name, c := range map[string]struct {
		s         catalog.Settings
		now, last string
		due       bool
		next      string // empty: never
	}{
		"inactive is never due":                {off, "2026-05-01T12:00:00Z", "", false, ""},
		"the first sync is due at once":        {always, "2026-05-01T12:00:00Z", "", true, "2026-05-01T12:00:00Z"},
		"an interval must pass":                {always, "2026-05-01T11:59:59Z", "2026-05-01T11:00:01Z", false, "2026-05-01T12:00:00Z"},
		"an interval is over with its minute":  {always, "2026-05-01T12:00:00Z", "2026-05-01T11:00:01Z", true, "2026-05-01T12:00:00Z"},
		"an interval has passed":               {always, "2026-05-01T12:00:00Z", "2026-05-01T11:00:00Z", true, "2026-05-01T12:00:00Z"},
		"a window opens in its zone":           {day, "2026-05-01T07:00:00Z", "", true, "2026-05-01T07:00:00Z"},
		"a window opens to the minute":         {day, "2026-05-01T06:59:59Z", "", false, "2026-05-01T07:00:00Z"},
		"a window closes at its end":           {day, "2026-05-01T15:30:00Z", "", false, "2026-05-02T07:00:00Z"},
		"winter time shifts a window":          {day, "2026-01-15T07:30:00Z", "", false, "2026-01-15T08:00:00Z"},
		"a night window holds before midnight": {night, "2026-05-01T20:30:00Z", "", true, "2026-05-01T20:30:00Z"},
		"a night window holds after midnight":  {night, "2026-05-02T03:59:00Z", "", true, "2026-05-02T03:59:00Z"},
		"a night window is shut by day":        {night, "2026-05-02T04:00:00Z", "", false, "2026-05-02T20:00:00Z"},
		"an interval may end in the window":    {night, "2026-05-01T20:00:00Z", "2026-05-01T19:50:30Z", false, "2026-05-01T20:50:00Z"},
		"a skipped window waits for a day":     {gap, "2026-03-29T00:30:00Z", "", false, "2026-03-30T00:15:00Z"},
		"a repeated window opens twice":        {gap, "2026-10-25T00:50:00Z", "", false, "2026-10-25T01:15:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			var last time.Time
			if c.last != "" {
				last = at(t, c.last)
			}
			require.Equal(t, c.due, c.s.Due(at(t, c.now), last))
			next, ok := c.s.NextDue(at(t, c.now), last)
			require.Equal(t, c.next != "", ok)
			if ok {
				require.Equal(t, c.next, next.UTC().Format(time.RFC3339))
			}
		})
	}
}

func TestNextDueIsDueAndNothingBeforeIs(t *testing.T) {
	zones := []string{"UTC", "Europe/Madrid", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"}
	rapid.Check(t, func(t *rapid.T) {
		clock := rapid.Custom(func(t *rapid.T) string {
			return time.Time{}.Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute).Format("15:04")
		})
		s := scheduled(clock.Draw(t, "from"), clock.Draw(t, "to"), rapid.SampledFrom(zones).Draw(t, "zone"),
			time.Duration(rapid.IntRange(60, 48*3600).Draw(t, "interval"))*time.Second)
		if s.Validate() != nil {
			t.Skip("an empty window")
		}
		now := at(t, "2026-01-01T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 366*24*3600).Draw(t, "now")) * time.Second)
		last := now.Add(-time.Duration(rapid.IntRange(0, 72*3600).Draw(t, "ago")) * time.Second)
		next, ok := s.NextDue(now, last)
		require.True(t, ok)
		require.True(t, s.Due(next, last))
		require.False(t, next.Before(now))
		if gap := next.Sub(now); gap > 0 {
			earlier := now.Add(time.Duration(rapid.Int64Range(0, int64(gap)-1).Draw(t, "earlier")))
			require.False(t, s.Due(earlier, last), "due at %s, before %s", earlier, next)
		}
	})
}
