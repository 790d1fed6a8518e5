package score_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/race"
	"lastmile/shared/score"
)

// subject is a courier of the study, of whom everything is known.
type subject struct {
	truth  float64 // the points that a perfect score would give, as of today
	tenure float64 // deliveries so far
	facts  []score.Fact
	recent []bool // what went well of all that it did, the oldest first
}

// population draws couriers who differ in how good they are, and in how long
// they have been there; the one has nothing to do with the other. A third of
// them changed a month ago, for better or worse.
func population(r *rand.Rand, n int) []subject {
	config := score.Standard()
	all := make([]subject, n)
	for i := range all {
		s := &all[i]
		s.tenure = math.Floor(2 * math.Pow(1000, r.Float64())) // up to 200 days
		var then, today score.Each[float64]
		for _, d := range score.All() {
			p := *config.Cold.Of(d)
			*today.Of(d), *then.Of(d) = beta(r, p), beta(r, p)
			if i%3 > 0 {
				*then.Of(d) = *today.Of(d)
			}
			s.truth += *config.Weights.Of(d) * (*today.Of(d) - p.Mean) / math.Sqrt(p.Mean*(1-p.Mean)/(p.Strength+1))
		}
		s.work(r, then, today)
	}
	return all
}

// beta draws from a Beta distribution, as the ratio of two gamma ones of whole or
// fractional shape (Marsaglia and Tsang 2000).
func beta(r *rand.Rand, p score.Prior) float64 {
	a := gamma(r, p.Mean*p.Strength)
	return a / (a + gamma(r, (1-p.Mean)*p.Strength))
}

func gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(r, shape+1) * math.Pow(r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for c := 1 / math.Sqrt(9*d); ; {
		x := r.NormFloat64()
		v := math.Pow(1+c*x, 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// work makes a courier deliver about ten orders a day, up to now.
func (s *subject) work(r *rand.Rand, then, today score.Each[float64]) {
	for n := int(s.tenure); n > 0; n-- {
		age := n / 10
		ability := today
		if age > 30 {
			ability = then
		}
		for _, d := range score.All() {
			if d == score.Rating && r.IntN(4) > 0 {
				continue // few customers rate
			}
			good := r.Float64() < *ability.Of(d)
			s.recent = append(s.recent, good)
			if age < score.Kept {
				s.facts = append(s.facts, fact("", d, map[bool]int{true: score.Unit}[good], age))
			}
		}
	}
}

func (s subject) rawMean(last int) float64 {
	kept := s.recent[max(0, len(s.recent)-last):]
	good := 0
	for _, g := range kept {
		if g {
			good++
		}
	}
	if len(kept) == 0 {
		return 1
	}
	return float64(good) / float64(len(kept))
}

// wilson is the lower 95% bound of the share that goes well.
func (s subject) wilson() float64 {
	n, z := float64(len(s.recent)), 1.96
	if n == 0 {
		return 0
	}
	p := s.rawMean(len(s.recent))
	return (p + z*z/(2*n) - z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}

// study compares scores with the truth, and with the tenure, which has nothing
// to do with the truth.
type study struct{ spearman, tenureBias float64 }

func judge(subjects []subject, of func(subject) float64) study {
	var got, truth, tenure []float64
	for _, s := range subjects {
		got, truth, tenure = append(got, of(s)), append(truth, s.truth), append(tenure, s.tenure)
	}
	return study{pearson(ranks(got), ranks(truth)), pearson(got, ranks(tenure))}
}

// ranks are averaged over ties.
func ranks(xs []float64) []float64 {
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(xs[a], xs[b]) })
	r := make([]float64, len(xs))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && xs[order[j]] == xs[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			r[k] = float64(i+j-1) / 2
		}
		i = j
	}
	return r
}

func pearson(xs, ys []float64) float64 {
	var mx, my, xy, xx, yy float64
	for i := range xs {
		mx, my = mx+xs[i]/float64(len(xs)), my+ys[i]/float64(len(ys))
	}
	for i := range xs {
		xy += (xs[i] - mx) * (ys[i] - my)
		xx += (xs[i] - mx) * (xs[i] - mx)
		yy += (ys[i] - my) * (ys[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

func TestScoresAreTrueAndFairToTheNew(t *testing.T) {
	var everybody []float64
	for seed := range race.Fewer(5, 1) {
		subjects := population(rand.New(rand.NewPCG(uint64(seed), 1)), 2000)
		values := scored(subjects)
		everybody = append(everybody, values...)
		next := 0
		ours := judge(subjects, func(subject) float64 { next++; return values[next-1] })
		raw := judge(subjects, func(s subject) float64 { return s.rawMean(len(s.recent)) })
		last := judge(subjects, func(s subject) float64 { return s.rawMean(100) })
		wilson := judge(subjects, subject.wilson)
		t.Logf("seed %d: ours %+.2f, raw mean %+.2f, last 100 %+.2f, Wilson %+.2f", seed, ours, raw, last, wilson)

		require.GreaterOrEqual(t, ours.spearman, 0.72)
		require.LessOrEqual(t, math.Abs(ours.tenureBias), 0.05)
		require.Greater(t, wilson.tenureBias, 0.3, "the study can tell")
		for _, other := range []study{raw, last, wilson} {
			require.Greater(t, ours.spearman, other.spearman)
		}
	}
	newcomer := percentile(everybody, score.Average)
	t.Logf("a newcomer is better than %.1f%%", newcomer)
	require.GreaterOrEqual(t, newcomer, 45.0)
	require.LessOrEqual(t, newcomer, 55.0)
}

// scored are the scores of subjects, compared with what they show to be usual.
func scored(subjects []subject) []float64 {
	config := score.Standard()
	var counts []score.Each[score.Counts]
	ledgers := make([]score.Ledger, len(subjects))
	for i, s := range subjects {
		ledgers[i] = score.Fold(s.facts...)
		counts = append(counts, ledgers[i].Totals(now))
	}
	usual := score.Learn(config.Cold, counts)
	values := make([]float64, len(subjects))
	for i := range ledgers {
		values[i] = ledgers[i].Score(now, config, usual).Value
	}
	return values
}

// percentile is how many percent of values are below x; those equal count half.
func percentile(values []float64, x float64) float64 {
	n := 0.0
	for _, v := range values {
		switch {
		case v < x:
			n++
		case v == x:
			n += 0.5
		}
	}
	return 100 * n / float64(len(values))
}
