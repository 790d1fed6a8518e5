package score

import (
	"fmt"
	"slices"
	"time"
)

// Cause is whose fault it was that something went wrong.
type Cause string

// The causes. Only what is the courier's own counts.
const (
	Own      Cause = ""
	Customer Cause = "customer"
	Merchant Cause = "merchant"
	App      Cause = "app"
)

// Unit is one observation: facts are in hundredths, so that sums are exact.
const Unit = 100

// Fact is something that happened, and says how good a courier is.
type Fact struct {
	ID      string    `json:"id" firestore:"-"`
	Courier string    `json:"courier" firestore:"courier"`
	Zone    string    `json:"zone" firestore:"zone"`
	Order   string    `json:"order" firestore:"order"`
	At      time.Time `json:"at" firestore:"at"`

	Dimension Dimension `json:"dimension" firestore:"dimension"`

	// Good of Trials went well, in hundredths of an observation.
	Good   int64 `json:"good" firestore:"good"`
	Trials int64 `json:"trials" firestore:"trials"`

	Cause Cause `json:"cause,omitempty" firestore:"cause"`

	// Undoes is the fact that an appeal takes back; all else is as in that fact.
	Undoes string `json:"undoes,omitempty" firestore:"undoes"`
}

// maxAhead is how far in the future a fact may seem to be: clocks differ.
const maxAhead = 5 * time.Minute

// Check returns why a fact that arrived at now cannot be counted. One from the
// future would push out what the ledger keeps.
func (f Fact) Check(now time.Time) error {
	switch {
	case f.ID == "" || f.Courier == "" || f.Zone == "":
		return fmt.Errorf("%w: a fact needs an id, a courier and a zone", ErrInvalid)
	case new(Each[bool]).Of(f.Dimension) == nil:
		return fmt.Errorf("%w: dimension %q is none of %v", ErrInvalid, f.Dimension, All())
	case f.Trials < 1 || f.Good < 0 || f.Good > f.Trials:
		return fmt.Errorf("%w: %d of %d hundredths cannot have gone well", ErrInvalid, f.Good, f.Trials)
	case !slices.Contains([]Cause{Own, Customer, Merchant, App}, f.Cause):
		return fmt.Errorf("%w: cause %q is not known", ErrInvalid, f.Cause)
	case f.At.After(now.Add(maxAhead)):
		return fmt.Errorf("%w: it is said to happen at %s, which is %s ahead", ErrInvalid, f.At.Format(time.RFC3339), f.At.Sub(now).Round(time.Second))
	}
	return nil
}

// Appealed returns the fact, with an id of its own, that takes f back.
func (f Fact) Appealed(id string) Fact {
	f.ID, f.Undoes = id, f.ID
	return f
}

// counts returns what f adds to its day.
func (f Fact) counts() Counts {
	switch {
	case f.Undoes != "" && f.Cause == Own:
		return Counts{Good: -f.Good, Trials: -f.Trials, Excused: f.Trials}
	case f.Undoes != "":
		return Counts{} // it did not count
	case f.Cause != Own:
		return Counts{Excused: f.Trials}
	}
	return Counts{Good: f.Good, Trials: f.Trials}
}

// Counts are what happened, in hundredths of an observation.
type Counts struct {
	Good    int64 `json:"good" firestore:"good"`
	Trials  int64 `json:"trials" firestore:"trials"`
	Excused int64 `json:"excused" firestore:"excused" doc:"trials that count neither way, as they were the fault of others or taken back"`
}

// Plus is the sum of c and d.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Good + d.Good, c.Trials + d.Trials, c.Excused + d.Excused}
}
