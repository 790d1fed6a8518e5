package provider

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"
)

// spread is the time over which the catalogue was last updated when it starts.
const spread = 28 * 24 * time.Hour

// slot is one product on the shelf. Its position never changes, so a cursor
// made of positions survives what happens in front of it.
type slot struct {
	position int
	base     int // the product's number; below zero: one that was inserted
	revision int
	updated  time.Time
}

// shelf is the catalogue as it stands.
type shelf struct {
	seed  uint64
	now   func() time.Time
	real  []product
	start time.Time // no product was updated before

	mu    sync.RWMutex
	slots []slot // guarded by mu; ascending by position
	extra int    // products inserted; guarded by mu
}

func newShelf(o Options) (*shelf, error) {
	s := &shelf{seed: o.Seed, now: o.Now, start: o.Now().UTC().Truncate(24 * time.Hour).Add(-spread)}
	n := cmp.Or(o.Items, 1000)
	if o.Products != nil {
		real, err := realProducts(o.Products)
		if err != nil {
			return nil, err
		}
		s.real, n = real, len(real)
	}
	s.slots = make([]slot, n)
	for i := range s.slots {
		age := time.Duration(i) * 7919 * time.Second % spread
		s.slots[i] = slot{position: i, base: i, updated: s.start.Add(age)}
	}
	return s, nil
}

// page returns up to limit slots from offset on, and how many there are.
func (s *shelf) page(offset, limit int) ([]slot, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	total := len(s.slots)
	from := min(max(offset, 0), total)
	return slices.Clone(s.slots[from:min(from+limit, total)]), total
}

// after returns up to limit slots behind a position, and whether more follow.
func (s *shelf) after(position, limit int) ([]slot, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	from, _ := slices.BinarySearchFunc(s.slots, position+1, func(s slot, p int) int { return cmp.Compare(s.position, p) })
	to := min(from+limit, len(s.slots))
	return slices.Clone(s.slots[from:to]), to < len(s.slots)
}

// updated returns the slots updated in [from, to), behind a number of them.
func (s *shelf) updated(from, to time.Time, skip, limit int) ([]slot, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []slot
	for _, slot := range s.slots {
		if !slot.updated.Before(from) && slot.updated.Before(to) {
			found = append(found, slot)
		}
	}
	slices.SortFunc(found, func(a, b slot) int {
		return cmp.Or(a.updated.Compare(b.updated), cmp.Compare(a.position, b.position))
	})
	skip = min(max(skip, 0), len(found))
	end := min(skip+limit, len(found))
	return found[skip:end], end < len(found)
}

// product returns what stands in a slot.
func (s *shelf) product(at slot) product {
	p := generated(s.seed, at.base)
	if at.base >= 0 && s.real != nil {
		p = s.real[at.base]
	}
	p.Updated = at.updated
	return changed(p, at.revision)
}

// Change gives n products, spread over the catalogue, another price and stock.
// It returns their ids.
func (s *Server) Change(n int) []string { return s.shelf.change(n) }

func (s *shelf) change(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(max(n, 0), len(s.slots))
	ids := make([]string, n)
	for i := range ids {
		at := &s.slots[i*len(s.slots)/n]
		at.revision++
		at.updated = s.now().UTC().Truncate(time.Second)
		ids[i] = s.product(*at).ID
	}
	return ids
}

// Remove takes the products with these ids out of the catalogue and returns
// how many there were.
func (s *Server) Remove(ids ...string) int { return s.shelf.remove(ids) }

func (s *shelf) remove(ids []string) int {
	unwanted := map[string]bool{}
	for _, id := range ids {
		unwanted[id] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.slots)
	s.slots = slices.DeleteFunc(s.slots, func(at slot) bool { return unwanted[s.product(at).ID] })
	return before - len(s.slots)
}

// Insert puts a new product in front of all others, so that every offset and
// page number shifts, and returns its id.
func (s *Server) Insert() string { return s.shelf.insert() }

func (s *shelf) insert() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extra++
	at := slot{position: -s.extra, base: -s.extra, updated: s.now().UTC().Truncate(time.Second)}
	s.slots = slices.Insert(s.slots, 0, at)
	return s.product(at).ID
}

// Len returns how many products there are.
func (s *Server) Len() int {
	_, total := s.shelf.page(0, 0)
	return total
}

// IDs returns the ids of all products, in order.
func (s *Server) IDs() []string {
	slots, _ := s.shelf.page(0, s.Len())
	ids := make([]string, len(slots))
	for i, at := range slots {
		ids[i] = s.shelf.product(at).ID
	}
	return ids
}

// number reads a whole number from a query, or returns what stands for none.
func number(text string, none int) (int, bool) {
	if text == "" {
		return none, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}
