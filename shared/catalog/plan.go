package catalog

import (
	"fmt"
	"time"
)

// PageRef is one page to ask for: with the settings it makes a [Request].
type PageRef struct {
	Number int       `json:"number"`           // position in the catalogue, from 0
	Hop    int       `json:"hop,omitempty"`    // continuation of the same window
	Cursor string    `json:"cursor,omitempty"` // as the page before named it
	From   time.Time `json:"from,omitzero"`    // of a window
	To     time.Time `json:"to,omitzero"`
	Last   bool      `json:"last,omitempty"` // no planned page follows
}

// Name is unique in a sync, sorts in the order of the pages, and is a legal
// document id.
func (r PageRef) Name() string {
	if r.Hop == 0 {
		return fmt.Sprintf("%06d", r.Number)
	}
	return fmt.Sprintf("%06d-%06d", r.Number, r.Hop)
}

// Plan is the division of a catalogue into pages.
type Plan struct {
	Pages []PageRef
	Whole bool // lists every item: what it does not list is missing
}

// History is what the window style needs to know of the syncs before.
type History struct {
	Now          time.Time
	LastComplete time.Time // start of the last sync of which every page succeeded
	LastWhole    time.Time // the same, of the last that listed every item
}

// Walked reports whether pages are found one after the other, each by
// [Settings.Next], rather than planned from the total.
func (s Settings) Walked(totalKnown bool) bool {
	return s.Paging.Style == ByCursor || (s.Paging.Style != ByWindow && !totalKnown)
}

// Plan divides a catalogue of total items. When the pages are walked, it holds
// only the first of them; a negative total is one that nobody told.
func (s Settings) Plan(total int, h History) (Plan, error) {
	if s.Paging.Style == ByWindow {
		return s.windows(h)
	}
	if s.Walked(total >= 0) {
		return Plan{Pages: []PageRef{{Last: true}}, Whole: true}, nil
	}
	n := max(1, (total+s.Paging.Size-1)/s.Paging.Size)
	if n > maxPages {
		return Plan{}, fmt.Errorf("%w: %d items are %d pages, more than %d: use a larger paging.size", ErrMismatch, total, n, maxPages)
	}
	p := Plan{Pages: make([]PageRef, n), Whole: true}
	for i := range p.Pages {
		p.Pages[i] = PageRef{Number: i, Last: i == n-1}
	}
	return p, nil
}

func (s Settings) windows(h History) (Plan, error) {
	w := s.Paging.Windows
	from, whole := w.since(h)
	step := time.Duration(w.StepSeconds) * time.Second
	if n := h.Now.Sub(from) / step; n >= maxPages {
		return Plan{}, fmt.Errorf("%w: %d windows, more than %d: use a larger paging.windows.stepSeconds", ErrMismatch, n, maxPages)
	}
	p := Plan{Whole: whole}
	for ; from.Before(h.Now); from = from.Add(step) {
		to := from.Add(step)
		if to.After(h.Now) {
			to = h.Now
		}
		p.Pages = append(p.Pages, PageRef{Number: len(p.Pages), From: from.UTC(), To: to.UTC(), Last: !to.Before(h.Now)})
	}
	return p, nil
}

// since returns where the windows begin and whether they hold every item.
func (w Spans) since(h History) (time.Time, bool) {
	fullEvery := time.Duration(w.FullEverySeconds) * time.Second
	overlap := time.Duration(w.OverlapSeconds) * time.Second
	from := h.LastComplete.Add(-overlap)
	if !w.Incremental || h.LastWhole.IsZero() || h.Now.Sub(h.LastWhole) >= fullEvery || !from.After(w.Start) {
		return w.Start, true
	}
	return from, false
}

// Next returns the page that follows r, when only r's own page could tell that
// there is one: the cursor it names, or one more page because the last planned
// one came back full. It ends a walk that would not end by itself.
func (s Settings) Next(r PageRef, p Page) (PageRef, bool) {
	switch s.Paging.Style {
	case ByCursor:
		r.Number++
		ok := p.Next != "" && p.Next != r.Cursor && r.Number < maxPages
		r.Cursor = p.Next
		return r, ok
	case ByWindow:
		r.Hop++
		ok := p.Next != "" && p.Next != r.Cursor && r.Hop < maxPages
		r.Cursor = p.Next
		return r, ok
	}
	r.Number++
	return r, r.Last && p.Listed >= s.Paging.Size && r.Number < maxPages
}
