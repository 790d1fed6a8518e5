package assign

import "time"

// Outcome is what a round made of an order.
type Outcome string

const (
	// Offered: couriers are asked now.
	Offered Outcome = "offered"

	// Held: a courier is foreseen, and asking now would only make the courier wait.
	Held Outcome = "held"

	// Open: an offer of an earlier round stands.
	Open Outcome = "open"

	// Unmatched: no courier can carry it as things are.
	Unmatched Outcome = "unmatched"
)

// Entry is what a round knew and did about one order.
type Entry struct {
	Order   string  `json:"order"`
	Outcome Outcome `json:"outcome"`

	// Due is when the order must be looked at again, at the latest.
	Due time.Time `json:"due"`

	// With are the other orders of its trip.
	With []string `json:"with,omitempty"`

	// Candidates are the couriers that were looked at: the ranked ones first, then
	// those that a filter dropped, in the round's sequence.
	Candidates []Candidate `json:"candidates,omitempty"`
}

// Candidate is one courier in the light of one order.
type Candidate struct {
	Courier string `json:"courier"`

	// Dropped is the filter that the courier did not pass.
	Dropped Reason `json:"dropped,omitempty"`

	// Rank is 1 for the best who passed. A zone's best match is not always each
	// order's best courier.
	Rank int `json:"rank,omitempty"`

	// Asked says that the courier got the offer, Foreseen that the order is held
	// for this courier.
	Asked    bool `json:"asked,omitempty"`
	Foreseen bool `json:"foreseen,omitempty"`

	Terms Terms `json:"terms,omitzero"`
}

// Terms are what a courier costs an order, as delay. Less is better.
type Terms struct {
	// ETA is when the courier can be at the shop, from now.
	ETA time.Duration `json:"eta"`

	// Delay is how long the order would wait for the courier after it is ready.
	Delay time.Duration `json:"delay"`

	// Late is what missing the target adds.
	Late time.Duration `json:"late,omitempty"`

	// Effort is what the courier's time is worth: the way to the shop, and the wait
	// there.
	Effort time.Duration `json:"effort"`

	// Score is up to two minutes, less for a courier of a better score.
	Score time.Duration `json:"score"`

	// Accepts is the chance that the courier says yes.
	Accepts float64 `json:"accepts"`
}

// Cost is the sum of the terms.
func (t Terms) Cost() time.Duration { return t.Delay + t.Late + t.Effort + t.Score }
