package job

import "fmt"

// Tally sums the outcomes of a job's pages.
type Tally struct {
	// Pages have an outcome; FailedPages of them failed, and More of them named a
	// further page.
	Pages       int `firestore:"pages" json:"pages"`
	FailedPages int `firestore:"failedPages" json:"failedPages"`
	More        int `firestore:"more" json:"-"`

	Counts `firestore:"counts"`

	// Cause is why the first failed page did.
	Cause string `firestore:"-" json:"-"`
}

// With returns t with page p, which it did not hold before.
func (t Tally) With(p Page) Tally {
	t.Pages++
	t.Counts = t.Counts.Plus(p.Counts)
	if p.More {
		t.More++
	}
	if p.State == Failed {
		t.FailedPages++
		if t.Cause == "" {
			t.Cause = Cut(fmt.Sprintf("page %d: %s", p.Page, p.Error))
		}
	}
	return t
}

// Complete reports whether every page has an outcome: those that were planned,
// and those that other pages named. A page of a chain that fails names none, so
// the chain ends with it.
func (t Tally) Complete(p Plan) bool { return t.Pages >= p.Pages+t.More }

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
