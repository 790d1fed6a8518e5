package score

import (
	"math"
	"time"
)

// Average is the score of the usual courier, and of a new one.
const Average = 50

// deviation is how many points one standard deviation of couriers is worth in a
// dimension of weight 1.
const deviation = 15

// bound90 is the one-sided 90% bound of the normal distribution.
const bound90 = 1.2815515655446004

// Standing is what a score is sure enough for.
type Standing string

// The standings. Nothing is done automatically to couriers in between.
const (
	Between   Standing = "between"
	Penalised Standing = "penalised" // even the upper bound is too low
	Rewarded  Standing = "rewarded"  // even the lower bound is high enough
)

// Score is how good a courier is, from 0 to 100.
type Score struct {
	Value float64 `json:"value"`

	// With 90% certainty the score is above Low, and with 90% below High.
	Low  float64 `json:"low"`
	High float64 `json:"high"`

	// Provisional scores stand on too little to depend on.
	Provisional bool     `json:"provisional"`
	Standing    Standing `json:"standing" enum:"between,penalised,rewarded"`

	Parts Each[Part] `json:"parts"`
}

// Part is what a dimension adds to a score.
type Part struct {
	// Points are added to 50.
	Points float64 `json:"points"`

	// Estimate is how much goes well, from 0 to 1, as far as can be told.
	Estimate float64 `json:"estimate"`

	// Good of Trials went well: observations, each with what it weighs by now.
	Good   float64 `json:"good"`
	Trials float64 `json:"trials"`

	// Prior is what the courier is compared with.
	Prior Prior `json:"prior"`

	// Raw are the counts of the last 90 days, as they happened.
	Raw Counts `json:"raw"`

	Provisional bool `json:"provisional"`
}

// Score returns how good the courier is at now, where usual is what is usual in
// the zone.
func (l Ledger) Score(now time.Time, c Config, usual Each[Prior]) Score {
	var s Score
	good, trials := l.decayed(now, c.HalfLife)
	raw := l.Totals(now)
	value, variance, known := 0.0, 0.0, 0.0
	for _, d := range All() {
		w, part := *c.Weights.Of(d), s.Parts.Of(d)
		*part = estimate(*usual.Of(d), *good.Of(d), *trials.Of(d))
		v := part.variance()
		z := (part.Estimate - part.Prior.Mean) / part.Prior.spread()
		part.Points = deviation * w * z
		part.Raw, part.Provisional = *raw.Of(d), part.Trials < c.Provisional
		value += part.Points
		variance += math.Pow(deviation*w/part.Prior.spread(), 2) * v
		known += w * part.Trials
	}
	margin := bound90 * math.Sqrt(variance)
	s.Value, s.Low, s.High = points(value), points(value-margin), points(value+margin)
	s.Provisional = known < c.Provisional
	s.Standing = standing(s, c)
	return s
}

// points is the score that is so far from the average one.
func points(x float64) float64 { return min(max(Average+x, 0), 100) }

func standing(s Score, c Config) Standing {
	switch {
	case s.High < c.Penalise:
		return Penalised
	case s.Low > c.Reward:
		return Rewarded
	}
	return Between
}

// estimate draws good of trials towards what is usual. It is (mμ + S) / (m + N) in
// a form that is exactly μ where nothing is known.
func estimate(usual Prior, good, trials float64) Part {
	p := usual.Mean + (good-trials*usual.Mean)/(usual.Strength+trials)
	return Part{Estimate: min(max(p, 0), 1), Good: good, Trials: trials, Prior: usual}
}

// variance is that of the Beta posterior.
func (p Part) variance() float64 {
	return p.Estimate * (1 - p.Estimate) / (p.Prior.Strength + p.Trials + 1)
}

// decayed sums what counts at now, each observation by what it weighs. What is
// taken back before it arrived weighs less than nothing, for a moment.
func (l Ledger) decayed(now time.Time, halfLife float64) (good, trials Each[float64]) {
	today := dayOf(now)
	for _, b := range l.buckets {
		age := today - b.day
		if age < 0 || age >= Kept {
			continue
		}
		d, weight := All()[b.dimension], math.Exp2(-float64(age)/halfLife)/Unit
		*good.Of(d) += weight * float64(b.Good)
		*trials.Of(d) += weight * float64(b.Trials)
	}
	for _, d := range All() {
		*trials.Of(d) = max(*trials.Of(d), 0)
		*good.Of(d) = min(max(*good.Of(d), 0), *trials.Of(d))
	}
	return good, trials
}

// Trend returns the scores at the ends of the last n days, the oldest first and
// now's last, by what has happened until then.
func (l Ledger) Trend(now time.Time, n int, c Config, usual Each[Prior]) []float64 {
	trend := make([]float64, n)
	for i := range trend {
		trend[i] = l.Score(now.AddDate(0, 0, i+1-n), c, usual).Value
	}
	return trend
}
