package score_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/race"
	"lastmile/shared/score"
)

var now = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)

// fact is one observation, so many days ago.
func fact(id string, d score.Dimension, good, days int) score.Fact {
	return score.Fact{
		ID: id, Courier: "ada", Zone: "valletta", Order: "o-" + id, At: now.AddDate(0, 0, -days),
		Dimension: d, Good: int64(good), Trials: score.Unit,
	}
}

// scoreOf compares with what is usual in a zone that nobody knows.
func scoreOf(l score.Ledger) score.Score {
	c := score.Standard()
	return l.Score(now, c, c.Cold)
}

func TestScore(t *testing.T) {
	many := func(d score.Dimension, good, n, days int) (facts []score.Fact) {
		for i := range n {
			facts = append(facts, fact(fmt.Sprint(d, i), d, good, days))
		}
		return facts
	}
	t.Run("of a newcomer is exactly average, and provisional", func(t *testing.T) {
		s := scoreOf(score.Ledger{})
		require.Equal(t, 50.0, s.Value)
		require.True(t, s.Provisional)
		require.Equal(t, score.Between, s.Standing)
		require.Less(t, s.Low, 50.0)
		require.Greater(t, s.High, 50.0)
	})
	t.Run("is what the formula says", func(t *testing.T) {
		s := scoreOf(score.Fold(many(score.OnTime, 0, 10, 14)...)) // each weighs a half
		// p = (20·0.85 + 0) / (20 + 5) = 0.68; z = (0.68 - 0.85) / √(0.85·0.15/21)
		require.InDelta(t, 0.68, s.Parts.OnTime.Estimate, 1e-12)
		require.InDelta(t, 50-15*0.30*2.18174, s.Value, 1e-3)
		require.Equal(t, score.Counts{Trials: 10 * score.Unit}, s.Parts.OnTime.Raw)
	})
	t.Run("stays within 0 and 100", func(t *testing.T) {
		var all []score.Fact
		for _, d := range score.All() {
			all = append(all, many(d, 0, 500, 0)...)
		}
		s := scoreOf(score.Fold(all...))
		require.Equal(t, 0.0, s.Value)
		require.Equal(t, score.Penalised, s.Standing)
		require.False(t, s.Provisional)
	})
	t.Run("penalises nobody for one bad day", func(t *testing.T) {
		s := scoreOf(score.Fold(many(score.OnTime, 0, 3, 0)...))
		require.Less(t, s.Value, 50.0)
		require.Equal(t, score.Between, s.Standing)
	})
	t.Run("forgets what is 90 days old", func(t *testing.T) {
		require.Equal(t, 50.0, scoreOf(score.Fold(many(score.Rating, 0, 9, 90)...)).Value)
		require.Less(t, scoreOf(score.Fold(many(score.Rating, 0, 9, 89)...)).Value, 50.0)
	})
	t.Run("does not count the faults of others, and shows them", func(t *testing.T) {
		for _, cause := range []score.Cause{score.Customer, score.Merchant, score.App} {
			f := fact("late", score.OnTime, 0, 1)
			f.Cause = cause
			s := scoreOf(score.Fold(f))
			require.Equal(t, 50.0, s.Value)
			require.Equal(t, score.Counts{Excused: score.Unit}, s.Parts.OnTime.Raw)
		}
	})
	t.Run("has a trend that ends with it", func(t *testing.T) {
		c := score.Standard()
		l := score.Fold(many(score.OnTime, 0, 10, 2)...)
		trend := l.Trend(now, 4, c, c.Cold)
		require.Equal(t, 50.0, trend[0], "before it happened")
		require.Less(t, trend[1], trend[2], "and it fades")
		require.Equal(t, l.Score(now, c, c.Cold).Value, trend[3])
	})
}

// history draws facts, appeals of some among them.
func history(r *rand.Rand, n int) []score.Fact {
	var facts []score.Fact
	for i := range n {
		f := fact(fmt.Sprint(i), score.All()[r.IntN(4)], r.IntN(score.Unit+1), r.IntN(120))
		f.At = f.At.Add(-time.Duration(r.IntN(86400e3)) * time.Millisecond)
		f.Zone = []string{"valletta", "sliema"}[r.IntN(2)]
		f.Cause = []score.Cause{"", "", "", score.Merchant}[r.IntN(4)]
		facts = append(facts, f)
		if r.IntN(5) == 0 {
			facts = append(facts, f.Appealed("appeal of "+f.ID))
		}
	}
	return facts
}

// once folds facts of which some are repeats.
func once(facts []score.Fact) (l score.Ledger) {
	seen := map[string]bool{}
	for _, f := range facts {
		if !seen[f.ID] {
			seen[f.ID] = true
			l = l.After(f)
		}
	}
	return l
}

func TestTheOrderOfFactsChangesNoBit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	facts := history(r, 300)
	want := score.Fold(facts...)
	for range race.Fewer(1000, 100) {
		shuffled := append([]score.Fact{}, facts...)
		for range len(facts) * 30 / 100 {
			shuffled = append(shuffled, facts[r.IntN(len(facts))])
		}
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		got := once(shuffled)
		require.Equal(t, want.Pack(), got.Pack())
		require.Equal(t, scoreOf(want), scoreOf(got))
	}
}

func TestAnAppealLeavesNoTraceInWhatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		others := history(r, rapid.IntRange(0, 30).Draw(t, "others"))
		bad := fact("bad", score.OnTime, 0, r.IntN(80))
		without, with := score.Fold(others...), score.Fold(append(others, bad, bad.Appealed("appeal"))...)
		require.Equal(t, scoreOf(without).Value, scoreOf(with).Value)
		require.Equal(t, scoreOf(without).Parts.OnTime.Raw.Excused+score.Unit, scoreOf(with).Parts.OnTime.Raw.Excused)
	})
}

func TestALedgerSurvivesPacking(t *testing.T) {
	l := score.Fold(history(rand.New(rand.NewPCG(3, 4)), 200)...)
	back, err := score.Unpack(l.Pack())
	require.NoError(t, err)
	require.Equal(t, l.Pack(), back.Pack())
	require.Equal(t, l.Zone(), back.Zone())
	require.Equal(t, scoreOf(l), scoreOf(back))
	none, err := score.Unpack(nil)
	require.NoError(t, err)
	require.Equal(t, score.Score{}.Parts.Rating.Raw, scoreOf(none).Parts.Rating.Raw)
}

func FuzzUnpack(f *testing.F) {
	f.Add(score.Fold(history(rand.New(rand.NewPCG(3, 4)), 20)...).Pack())
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := score.Unpack(b)
		if err != nil {
			require.ErrorIs(t, err, score.ErrPacked)
			return
		}
		again, err := score.Unpack(l.Pack())
		require.NoError(t, err)
		require.Equal(t, l.Pack(), again.Pack())
	})
}

func TestFactsThatCannotBeCounted(t *testing.T) {
	fine := fact("f", score.Rating, 50, 1)
	require.NoError(t, fine.Check(now))
	for name, spoil := range map[string]func(*score.Fact){
		"of nobody":              func(f *score.Fact) { f.Courier = "" },
		"in no dimension":        func(f *score.Fact) { f.Dimension = "charm" },
		"of no trials":           func(f *score.Fact) { f.Trials = 0 },
		"better than all trials": func(f *score.Fact) { f.Good = f.Trials + 1 },
		"for an unknown cause":   func(f *score.Fact) { f.Cause = "weather" },
		"from the future":        func(f *score.Fact) { f.At = now.Add(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			f := fine
			spoil(&f)
			require.ErrorIs(t, f.Check(now), score.ErrInvalid)
		})
	}
}

func TestConfigsThatMakeNoSense(t *testing.T) {
	require.NoError(t, score.Standard().Check())
	for field, spoil := range map[string]func(*score.Config){
		"weights add up":     func(c *score.Config) { c.Weights.Rating = 0.3 },
		"weights.rating":     func(c *score.Config) { c.Weights.Rating = -1 },
		"halfLifeDays":       func(c *score.Config) { c.HalfLife = 0 },
		"cold.rating.mean":   func(c *score.Config) { c.Cold.Rating.Mean = 1 },
		"cold.on_time.stren": func(c *score.Config) { c.Cold.OnTime.Strength = 0 },
		"provisionalBelow":   func(c *score.Config) { c.Provisional = -1 },
		"penaliseBelow":      func(c *score.Config) { c.Penalise = 70 },
	} {
		t.Run(field, func(t *testing.T) {
			c := score.Standard()
			spoil(&c)
			require.ErrorIs(t, c.Check(), score.ErrInvalid)
			require.ErrorContains(t, c.Check(), field)
		})
	}
}

func BenchmarkAfter(b *testing.B) {
	l := score.Fold(history(rand.New(rand.NewPCG(3, 4)), 1000)...)
	f := fact("new", score.Rating, 100, 0)
	b.ReportAllocs()
	for b.Loop() {
		l.After(f).Pack()
	}
}

func BenchmarkScore(b *testing.B) {
	l := score.Fold(history(rand.New(rand.NewPCG(3, 4)), 1000)...)
	b.ReportAllocs()
	for b.Loop() {
		scoreOf(l)
	}
}
