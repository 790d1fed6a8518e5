// Package score says how good couriers are, from what they did.
//
// It owns the arithmetic: facts are counted by day ([Ledger]), the counts decay
// and are drawn towards what is usual in the zone, by as much as there is too
// little to go by ([Ledger.Score]), and what is usual is learnt from the zone's
// couriers ([Learn]).
//
// It promises that the order in which facts are counted changes nothing, down to
// the last bit; that a fact taken back leaves no trace in what counts; and that a
// courier of whom nothing is known is exactly average: 50.
//
// An estimate is the mean of a Beta posterior, (mμ + S) / (m + N), where S of N
// observations went well and each weighs half as much after every half-life. It
// is the empirical Bayes estimate of a Beta-Binomial model: Skellam, A
// probability distribution derived from the binomial distribution, J. R. Stat.
// Soc. B 10 (1948); Casella, An introduction to empirical Bayes data analysis,
// Am. Stat. 39 (1985).
package score

import (
	"errors"
	"fmt"
	"math"
)

// Dimension is one way of judging a courier.
type Dimension string

// The dimensions.
const (
	Completion Dimension = "completion"
	OnTime     Dimension = "on_time"
	Acceptance Dimension = "acceptance"
	Rating     Dimension = "rating"
)

// dimensions is how many there are.
const dimensions = 4

// All returns every dimension, in the order in which [Each] has them.
func All() [dimensions]Dimension { return [...]Dimension{Completion, OnTime, Acceptance, Rating} }

// Each is something of each dimension.
type Each[T any] struct {
	Completion T `json:"completion" firestore:"completion"`
	OnTime     T `json:"on_time" firestore:"on_time"`
	Acceptance T `json:"acceptance" firestore:"acceptance"`
	Rating     T `json:"rating" firestore:"rating"`
}

// Of returns where e has what belongs to d, or nil if d is no dimension.
func (e *Each[T]) Of(d Dimension) *T {
	switch d {
	case Completion:
		return &e.Completion
	case OnTime:
		return &e.OnTime
	case Acceptance:
		return &e.Acceptance
	case Rating:
		return &e.Rating
	}
	return nil
}

// Prior is what is usual in a dimension: the mean of couriers, and how many
// observations of one courier it weighs as much as.
type Prior struct {
	Mean     float64 `json:"mean" firestore:"mean" doc:"how much usually goes well, from 0 to 1"`
	Strength float64 `json:"strength" firestore:"strength" doc:"how many observations of one courier it outweighs"`
}

// spread is the standard deviation of couriers in the dimension.
func (p Prior) spread() float64 { return math.Sqrt(p.Mean * (1 - p.Mean) / (p.Strength + 1)) }

// Config is what the operators decide.
type Config struct {
	// Weights of the dimensions add up to 1.
	Weights Each[float64] `json:"weights" firestore:"weights"`

	// HalfLife is after how many days an observation weighs half.
	HalfLife float64 `json:"halfLifeDays" firestore:"half_life"`

	// Cold is what is usual where too little is known of a zone.
	Cold Each[Prior] `json:"cold" firestore:"cold"`

	// Provisional is how many observations, decayed, make a score dependable.
	Provisional float64 `json:"provisionalBelow" firestore:"provisional"`

	// Couriers whose score is surely below Penalise, or surely above Reward, are
	// said to be; see [Standing].
	Penalise float64 `json:"penaliseBelow" firestore:"penalise"`
	Reward   float64 `json:"rewardAbove" firestore:"reward"`
}

// Standard returns the config of a system that nobody has configured.
func Standard() Config {
	return Config{
		Weights:  Each[float64]{Completion: 0.30, OnTime: 0.30, Acceptance: 0.20, Rating: 0.20},
		HalfLife: 14,
		Cold: Each[Prior]{
			Completion: Prior{Mean: 0.97, Strength: 40}, OnTime: Prior{Mean: 0.85, Strength: 20},
			Acceptance: Prior{Mean: 0.70, Strength: 10}, Rating: Prior{Mean: 0.90, Strength: 20},
		},
		Provisional: 20,
		Penalise:    40,
		Reward:      60,
	}
}

// ErrInvalid is the cause of every error of [Config.Check] and [Fact.Check].
var ErrInvalid = errors.New("invalid")

// Check returns all that makes no sense in a config, each with its remedy.
func (c Config) Check() error {
	var errs []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
		}
	}
	sum := 0.0
	for _, d := range All() {
		w, cold := *c.Weights.Of(d), *c.Cold.Of(d)
		sum += w
		need(w >= 0 && w <= 1, "weights.%s is %v, must be from 0 to 1", d, w)
		need(cold.Mean >= 0.01 && cold.Mean <= 0.99, "cold.%s.mean is %v, must be from 0.01 to 0.99", d, cold.Mean)
		need(cold.Strength >= 1 && cold.Strength <= 1000, "cold.%s.strength is %v, must be from 1 to 1000", d, cold.Strength)
	}
	need(math.Abs(sum-1) < 1e-9, "weights add up to %v, must add up to 1", sum)
	need(c.HalfLife >= 1 && c.HalfLife <= Kept, "halfLifeDays is %v, must be from 1 to %d", c.HalfLife, Kept)
	need(c.Provisional >= 0 && c.Provisional <= 1000, "provisionalBelow is %v, must be from 0 to 1000", c.Provisional)
	need(c.Penalise >= 0 && c.Penalise <= Average && c.Reward >= Average && c.Reward <= 100,
		"penaliseBelow is %v and rewardAbove %v, must be on either side of %d, from 0 to 100", c.Penalise, c.Reward, Average)
	return errors.Join(errs...)
}
