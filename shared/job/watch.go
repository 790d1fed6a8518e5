package job

import "time"

// Watch is what the sweep noted when it last looked at an open job.
type Watch struct {
	// Checked is when it looked, Moved when it last found the job further on.
	Checked time.Time `firestore:"checked"`
	Moved   time.Time `firestore:"moved"`

	// Pages had an outcome then.
	Pages int `firestore:"pages"`

	// Replans counts how often missing pages were published again.
	Replans int `firestore:"replans"`
}

// Stall is how long a job may stand still before it is helped: longer than the
// retries of a page take.
const Stall = 5 * time.Minute

// maxReplans bounds how often missing pages are published again.
const maxReplans = 2

// Remedy is what helps a job that stands still.
type Remedy string

// The remedies.
const (
	Wait    Remedy = "wait"    // nothing is wrong
	Replan  Remedy = "replan"  // publish the plan again, which publishes what is missing
	Abandon Remedy = "abandon" // record what is missing as failed
	Close   Remedy = "close"   // call the finaliser
)

// Diagnose returns what helps j, of whose pages t have an outcome, and j with
// what was noted.
func (j Job) Diagnose(t Tally, now time.Time) (Job, Remedy) {
	if j.State == Running && t.Pages > j.Watch.Pages {
		j.Watch.Pages, j.Watch.Moved = t.Pages, now
	}
	j.Watch.Checked = now
	still := now.Sub(j.Watch.Moved)
	switch {
	case j.State == Running && t.Complete(j.Plan),
		j.State == Cancelling && still >= Drain,
		j.State == Finishing && still >= Stall:
		return j, Close
	case still < Stall || j.State != Pending && j.State != Running:
		return j, Wait
	case j.Watch.Replans >= maxReplans:
		return j, Abandon
	}
	j.Watch.Replans++
	j.Watch.Moved = now
	return j, Replan
}
