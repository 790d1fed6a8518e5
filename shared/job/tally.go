package job

import "fmt"

// Tally sums the outcomes of a job's pages.
type Tally struct {
	// Pages have an outcome; FailedPages of them failed.
	Pages       int `firestore:"pages" json:"pages"`
	FailedPages int `firestore:"failedPages" json:"failedPages"`

	// Known is how many pages there must be for these to have an outcome, and the
	// pages that they named to get one.
	Known int `firestore:"known" json:"-"`

	Counts `firestore:"counts"`

	// Cause is why the first failed page did.
	Cause string `firestore:"-" json:"-"`
}

// With returns t with page p, which it did not hold before.
func (t Tally) With(p Page) Tally {
	t.Pages++
	t.Counts = t.Counts.Plus(p.Counts)
	t.Known = max(t.Known, p.Known())
	if p.State == Failed {
		t.FailedPages++
		if t.Cause == "" {
			t.Cause = Cut(fmt.Sprintf("page %d: %s", p.Page, p.Error))
		}
	}
	return t
}

// Total is the number of pages known so far: those that were planned, and those
// that other pages named.
func (t Tally) Total(p Plan) int { return max(p.Pages, t.Known) }

// Complete reports whether every page has an outcome, in whichever order they
// came. A page that fails before it names the next one ends its chain.
func (t Tally) Complete(p Plan) bool { return t.Pages >= t.Total(p) }

// Verdict is the state in which a complete job closes.
func (t Tally) Verdict() State {
	switch {
	case t.FailedPages == 0:
		return Done
	case t.FailedPages == t.Pages:
		return Failed
	}
	return Partial
}
