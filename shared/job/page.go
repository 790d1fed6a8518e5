package job

import (
	"time"
	"unicode/utf8"
)

// Counts are the items of a page, or of all pages.
type Counts struct {
	Read      int `firestore:"read" json:"read"`
	Changed   int `firestore:"changed" json:"changed"`
	Unchanged int `firestore:"unchanged" json:"unchanged"`

	// Failed are items that were refused, and reported as a [Fault].
	Failed int `firestore:"failed" json:"failed"`
}

// Plus returns the sum of c and d.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		Read: c.Read + d.Read, Changed: c.Changed + d.Changed,
		Unchanged: c.Unchanged + d.Unchanged, Failed: c.Failed + d.Failed,
	}
}

// Page is the outcome of one page. It is stored in the commit of the page's
// effects.
type Page struct {
	// Page counts from 0.
	Page int `firestore:"page" json:"page"`

	// State is [Done] or [Failed].
	State State `firestore:"state" json:"state"`

	Counts `firestore:"counts"`

	// Faults are the first [MaxFaults] items that were refused.
	Faults []Fault `firestore:"faults,omitempty" json:"faults,omitempty"`

	Took    time.Duration `firestore:"took" json:"took"`
	Attempt int           `firestore:"attempt" json:"attempt"`
	Error   string        `firestore:"error,omitempty" json:"error,omitempty"`
	At      time.Time     `firestore:"at" json:"at"`

	// Gen is the job's when the outcome was stored.
	Gen int `firestore:"gen" json:"gen"`

	// Replayed is set if the page had failed before in this generation.
	Replayed bool `firestore:"replayed,omitempty" json:"-"`

	// Next is the event of a page that only this page could name; More says that
	// there is one.
	Next *Request `firestore:"next,omitempty" json:"-"`
	More bool     `firestore:"more,omitempty" json:"more,omitempty"`

	// Seen is what the page read, packed as its kind likes; the kind's completion
	// gets it back.
	Seen []byte `firestore:"seen,omitempty" json:"-"`

	// Request is the event of a failed page, to publish it again.
	Request *Request `firestore:"request,omitempty" json:"-"`

	Expires time.Time `firestore:"expires" json:"-"`
}

// Known is how many pages there must be, by this one: those before it, which are
// numbered without gaps, itself, and the one that it names.
func (p Page) Known() int {
	if p.More {
		return p.Page + 2
	}
	return p.Page + 1
}

// Void reports whether the page failed before generation gen of its job, and so
// is to be tried again.
func (p Page) Void(gen int) bool { return p.State == Failed && p.Gen < gen }

// Request is an event in its wire form.
type Request struct {
	Type string `firestore:"type"`
	Data []byte `firestore:"data"`
}

// Fault is an item that was refused.
type Fault struct {
	// Item is its id, if that could be read. Offset is where its line begins in
	// the input file, in bytes.
	Item   string `firestore:"item,omitempty" json:"item,omitempty"`
	Offset int64  `firestore:"offset,omitempty" json:"offset,omitempty"`
	Reason string `firestore:"reason" json:"reason"`
}

// MaxFaults bounds the faults that a page reports; further ones only count.
const MaxFaults = 50

// maxReason bounds the text of a fault or an error, in bytes.
const maxReason = 500

// Refuse counts a refused item, and reports it while there is room.
func (p *Page) Refuse(f Fault) {
	p.Failed++
	if len(p.Faults) >= MaxFaults {
		return
	}
	f.Item, f.Reason = Cut(f.Item), Cut(f.Reason)
	p.Faults = append(p.Faults, f)
}

// Cut shortens a text that others wrote to what a record holds.
func Cut(s string) string {
	if len(s) <= maxReason {
		return s
	}
	n := maxReason
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
