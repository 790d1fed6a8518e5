package track_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
	"lastmile/shared/track"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// at is a fix of one courier, some seconds after noon and some metres north of
// Austin's capitol.
func at(second, north float64) track.Fix {
	return track.Fix{
		Courier: "ada", At: noon.Add(time.Duration(second * float64(time.Second))), Seq: int64(math.Abs(second)),
		Point: geo.Point{Lat: 30.2747 + north/111_195, Lng: -97.7404},
	}
}

func with(change func(*track.Fix)) track.Fix {
	f := at(0, 0)
	change(&f)
	return f
}

func TestAFixThatMakesNoSenseIsRefusedWithAReason(t *testing.T) {
	tests := map[string]struct {
		fix    track.Fix
		reason track.Reason
	}{
		"no courier":                  {with(func(f *track.Fix) { f.Courier = "" }), track.BadName},
		"a courier that is a path":    {with(func(f *track.Fix) { f.Courier = "a/b" }), track.BadName},
		"a courier that is a dot":     {with(func(f *track.Fix) { f.Courier = "." }), track.BadName},
		"a courier of 65 letters":     {with(func(f *track.Fix) { f.Courier = track.CourierID(strings.Repeat("x", 65)) }), track.BadName},
		"an order with a line break":  {with(func(f *track.Fix) { f.Order = "o\n1" }), track.BadName},
		"a latitude that is NaN":      {with(func(f *track.Fix) { f.Lat = math.NaN() }), track.NotANum},
		"an infinite speed":           {with(func(f *track.Fix) { f.Speed = math.Inf(1) }), track.NotANum},
		"a latitude beyond the pole":  {with(func(f *track.Fix) { f.Lat = 91 }), track.Range},
		"a longitude around again":    {with(func(f *track.Fix) { f.Lng = -181 }), track.Range},
		"a device without a position": {with(func(f *track.Fix) { f.Point = geo.Point{} }), track.Range},
		"a negative sequence":         {with(func(f *track.Fix) { f.Seq = -1 }), track.Range},
		"a sequence beyond 2^53":      {with(func(f *track.Fix) { f.Seq = 1 << 53 }), track.Range},
		"no time":                     {with(func(f *track.Fix) { f.At = time.Time{} }), track.Range},
		"a negative accuracy":         {with(func(f *track.Fix) { f.Accuracy = -1 }), track.Range},
		"a speed of light":            {with(func(f *track.Fix) { f.Speed = 3e8 }), track.Range},
		"a heading of 361":            {with(func(f *track.Fix) { f.Heading = 361 }), track.Range},
		"a minute in the future":      {at(60, 0), track.Future},
		"a century in the future":     {at(100*365*86_400, 0), track.Future},
		"two days ago":                {at(-2*86_400, 0), track.Old},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			known := track.History{Last: at(-60, 0)}
			after, err := track.Limits{}.Judge(test.fix, known, noon)
			var refusal *track.Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, test.reason, refusal.Reason)
			require.NotEmpty(t, refusal.Detail)
			require.Equal(t, known, after, "what is refused for itself says nothing of the courier")
		})
	}
}

// Each step is a fix and whether it is accepted.
type step struct {
	fix track.Fix
	ok  bool
}

func TestNoBadFixBlocksACourier(t *testing.T) {
	yes := func(f track.Fix) step { return step{f, true} }
	no := func(f track.Fix) step { return step{f, false} }
	tests := map[string][]step{
		"a ride":                                {yes(at(0, 0)), yes(at(1, 30)), yes(at(2, 60))},
		"a standing courier's device jitters":   {yes(at(0, 0)), yes(at(1, 140)), yes(at(2, 0))},
		"a jump and back":                       {yes(at(0, 0)), no(at(1, 5000)), yes(at(2, 10)), yes(at(3, 20))},
		"a jump that was right":                 {yes(at(0, 0)), no(at(1, 5000)), yes(at(2, 5020)), yes(at(3, 5040))},
		"a first fix that was wrong":            {yes(at(0, 90_000)), no(at(1, 0)), yes(at(2, 0)), yes(at(3, 0))},
		"the same jump repeated proves nothing": {yes(at(0, 0)), no(at(1, 5000)), no(at(1, 5000)), yes(at(2, 10))},
		"jumps that never agree, for two minutes": {
			yes(at(0, 0)), no(at(30, 50_000)), no(at(60, -50_000)), no(at(90, 50_000)), yes(at(120, -50_000)),
		},
		"a clock a little ahead, set back":    {yes(at(29, 0)), yes(at(1, 30)), yes(at(2, 60)), yes(at(30, 90))},
		"a clock far ahead for one fix":       {yes(at(0, 0)), no(at(3600, 10)), yes(at(2, 20))},
		"a late fix from far away is history": {yes(at(20, 0)), yes(at(0, 9000)), yes(at(21, 10))},
		"a repeat":                            {yes(at(0, 0)), yes(at(0, 0)), yes(at(1, 0))},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			var h track.History
			for i, s := range steps { // all arrive at once: only the device's clock counts
				var err error
				h, err = track.Limits{}.Judge(s.fix, h, noon.Add(2*time.Minute))
				require.Equal(t, s.ok, err == nil, "fix %d: %v", i, err)
			}
		})
	}
}

func TestAVagueFixMayBeFarther(t *testing.T) {
	vague := at(1, 900)
	_, err := track.Limits{}.Judge(vague, track.History{Last: at(0, 0)}, noon)
	require.Error(t, err)
	vague.Accuracy = 800
	_, err = track.Limits{}.Judge(vague, track.History{Last: at(0, 0)}, noon)
	require.NoError(t, err)
	vague = at(1, 9000)
	vague.Accuracy = 9000
	_, err = track.Limits{}.Judge(vague, track.History{Last: at(0, 0)}, noon)
	require.Error(t, err, "a device that knows nothing is not believed everything")
}

func BenchmarkJudge(b *testing.B) {
	b.ReportAllocs()
	h, f := track.History{Last: at(0, 0)}, at(1, 20)
	for b.Loop() {
		if _, err := (track.Limits{}).Judge(f, h, noon); err != nil {
			b.Fatal(err)
		}
	}
}
