package store

// IndexAlways makes queries use indexes however small their collections are.
func (s *Store) IndexAlways() { s.scanLimit = -1 }

// Versions is how many versions the history holds on to.
func (s *Store) Versions() int { return len(s.history.versions) }

// Records is how many documents there are, deleted ones included.
func (s *Store) Records() int { return s.docs.Len() }

// Indexes is how many indexes a collection group has.
func (s *Store) Indexes(group string) int { return len(s.groups[group].indexes) }
