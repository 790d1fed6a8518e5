package store

// IndexAlways makes queries use indexes however small their collections are.
func (s *Store) IndexAlways() { s.scanLimit = -1 }

// Cool leaves every document as bytes.
func (s *Store) Cool() {
	for i := range s.warm.slots {
		if v := s.warm.slots[i].Swap(nil); v != nil {
			v.doc.Store(nil)
		}
	}
}

// Warm is how many documents are decoded.
func (s *Store) Warm() (n int) {
	for _, r := range s.docs.Range("", "") {
		if r.head.doc.Load() != nil {
			n++
		}
	}
	return n
}

// Versions is how many versions the history holds on to.
func (s *Store) Versions() int { return len(s.history.versions) }

// Records is how many documents there are, deleted ones included.
func (s *Store) Records() int { return s.docs.Len() }

// Indexes is how many indexes a collection group has.
func (s *Store) Indexes(group string) int { return len(s.groups[group].indexes) }
