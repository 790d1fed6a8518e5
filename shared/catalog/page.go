package catalog

import "fmt"

// Page is one page of a provider's catalogue, read.
type Page struct {
	Items      []Item    // normalised, each id once, in the order of the page
	Bad        []BadItem // could not be read; the rest could
	Listed     int       // items on the page, bad ones and duplicates included
	Duplicates int
	Total      int // items in the whole catalogue, if TotalKnown
	TotalKnown bool
	Next       string // cursor of the next page; empty: there is none
}

// BadItem says why an item could not be read.
type BadItem struct {
	Index   int    `json:"index" firestore:"index"`
	ID      string `json:"id,omitempty" firestore:"id,omitempty"` // if it could be told
	Field   string `json:"field" firestore:"field"`
	Problem string `json:"problem" firestore:"problem"`
}

// Seen returns the document ids of all items that the page lists. A bad item
// that names itself counts: a price that cannot be read does not make an item
// vanish.
func (p Page) Seen() []string {
	ids := make([]string, 0, len(p.Items)+len(p.Bad))
	for _, i := range p.Items {
		ids = append(ids, DocID(i.ID))
	}
	for _, b := range p.Bad {
		if b.ID != "" {
			ids = append(ids, DocID(b.ID))
		}
	}
	return ids
}

// Nameless counts the items whose id could not be read. While there is one,
// nobody can say which items are missing.
func (p Page) Nameless() int {
	n := 0
	for _, b := range p.Bad {
		if b.ID == "" {
			n++
		}
	}
	return n
}

// Counted returns p, which is the page r, with one more bad item if it lists fewer
// than its own total promises: a provider that was cut short, or that lists fewer
// at a time than paging.size. What is not listed has no name, so nobody can say
// what is missing.
func (p Page) Counted(how Paging, r PageRef) Page {
	if !p.TotalKnown || how.Style != ByOffset && how.Style != ByPage {
		return p
	}
	if promised := min(how.Size, p.Total-r.Number*how.Size); p.Listed < promised {
		problem := fmt.Sprintf("is missing: the page lists %d of the %d that a total of %d promises", p.Listed, promised, p.Total)
		p.Bad = append(p.Bad, BadItem{Index: p.Listed, Field: "item", Problem: problem})
	}
	return p
}
