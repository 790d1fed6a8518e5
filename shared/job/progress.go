package job

import "time"

// Progress is how far a job has come.
type Progress struct {
	State State `json:"state"`

	// Total is the number of pages known so far. Open says that more may follow.
	Total int  `json:"total"`
	Open  bool `json:"open,omitempty"`

	Tally

	// Rate is in pages a second since the job began to run.
	Rate float64 `json:"rate"`

	// Remaining is how many seconds it will take at this rate; 0 if unknown or over.
	Remaining float64 `json:"remainingSeconds"`

	Elapsed float64 `json:"elapsedSeconds"`
}

// ProgressAt returns how far j has come by now, if its pages have come to t.
func (j Job) ProgressAt(t Tally, now time.Time) Progress {
	if j.State.Closed() {
		t, now = j.Tally, j.Finished
	}
	p := Progress{
		State: j.State, Tally: t,
		Total: t.Total(j.Plan),
		Open:  j.State == Pending || j.Plan.Chain && j.State == Running,
	}
	if j.Started.IsZero() {
		return p
	}
	p.Elapsed = max(0, now.Sub(j.Started).Seconds())
	if p.Elapsed > 0 {
		p.Rate = float64(t.Pages) / p.Elapsed
	}
	if left := p.Total - t.Pages; left > 0 && p.Rate > 0 && j.State == Running && !p.Open {
		p.Remaining = float64(left) / p.Rate
	}
	return p
}
