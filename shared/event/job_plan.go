package event

// JobPlan asks for a stored job to be divided into pages.
type JobPlan struct {
	Header `json:"-"`

	Job string `json:"job"`
}

// Type implements [Event].
func (JobPlan) Type() Type { return "job.plan.v1" }

// Key is the job.
func (e JobPlan) Key() string { return e.Job }

// Validate implements [Event].
func (e JobPlan) Validate() error { return check(e.Type(), required("job", e.Job)) }
