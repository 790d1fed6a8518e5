package query

import "lastmile/emulators/firestore/internal/name"

// Scope is the set of documents a query looks at.
type Scope struct {
	Parent      name.Key // document or root
	Collection  string   // "" is every collection
	Descendants bool     // at any depth below Parent
}

// In tells whether the document k is one the query looks at.
func (s Scope) In(k name.Key) bool {
	switch {
	case s.Collection != "" && k.Group() != s.Collection:
		return false
	case s.Descendants:
		return k.Under(s.Parent)
	case s.Collection == "":
		return k.Under(s.Parent) && k.Up().Up() == s.Parent
	default:
		return k.In(s.Parent.Child(s.Collection))
	}
}
