package event

// CourierFact tells of something that a courier did, or did not do, that counts
// in the courier's score. Its header's time is when that happened.
type CourierFact struct {
	Header `json:"-"`

	Courier string `json:"courier"`
	Zone    string `json:"zone"`
	Order   string `json:"order"`

	// Dimension is completion, on_time, acceptance or rating.
	Dimension string `json:"dimension"`

	// Good of Trials went well, in hundredths of an observation: a delivery on time
	// is 100 of 100, one that was late 0 of 100, three stars of five 50 of 100.
	Good   int `json:"good"`
	Trials int `json:"trials"`

	// Cause is whose fault it was if not the courier's: customer, merchant or app.
	// Such a fact is shown and does not count.
	Cause string `json:"cause,omitempty"`

	// Undoes is the id of an earlier fact that an appeal takes back. All else, the
	// time too, is then as in that fact.
	Undoes ID `json:"undoes,omitempty"`
}

// FactUnit is one observation, in the unit of Good and Trials.
const FactUnit = 100

// maxTrials bounds what one fact can weigh.
const maxTrials = 100 * FactUnit

// Type implements [Event].
func (CourierFact) Type() Type { return "courier.fact.v1" }

// Key is the courier.
func (e CourierFact) Key() string { return e.Courier }

// Validate implements [Event].
func (e CourierFact) Validate() error {
	return check(e.Type(),
		required("courier", e.Courier),
		required("zone", e.Zone),
		required("order", e.Order),
		oneOf("dimension", e.Dimension, "completion", "on_time", "acceptance", "rating"),
		when(e.Trials < 1 || e.Trials > maxTrials, "trials", "must be from 1 to 10000 hundredths"),
		when(e.Good < 0 || e.Good > e.Trials, "good", "must be from 0 to trials"),
		oneOf("cause", e.Cause, "", "customer", "merchant", "app"),
	)
}
