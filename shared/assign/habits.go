package assign

import "time"

// Habits are what is known of how a courier answers and rides. The zero Habits
// are those of somebody unknown.
type Habits struct {
	// Asked counts offers that came to an answer or lapsed, Accepted those that
	// were accepted.
	Asked    int `json:"asked,omitempty"`
	Accepted int `json:"accepted,omitempty"`
}

// What is believed of a courier before anything is known: so many offers, of
// which this share was accepted.
const (
	priorAsked   = 5
	priorAccepts = 0.8
)

// patience is the way to a shop at which the chance to be accepted has halved.
const patience = 30 * time.Minute

// Answered returns the habits after one more offer.
func (h Habits) Answered(accepted bool) Habits {
	h.Asked++
	if accepted {
		h.Accepted++
	}
	return h
}

// accepts returns the chance that the courier accepts a trip whose shop is eta
// away: the mean of a Beta posterior, and less for a longer way.
func (h Habits) accepts(eta time.Duration) float64 {
	willing := (priorAsked*priorAccepts + float64(h.Accepted)) / float64(priorAsked+h.Asked)
	return willing * (float64(patience) / float64(patience+max(eta, 0)))
}
