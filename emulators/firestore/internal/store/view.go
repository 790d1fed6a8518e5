package store

import (
	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
)

// View reads the newest documents while a commit is being decided.
type View struct{ store *Store }

// Version is when the document last changed; 0 if it does not exist.
func (v View) Version(k name.Key) Time {
	if found := v.store.version(k, Latest); found.exists() {
		return found.at
	}
	return 0
}

// Query returns q's result.
func (v View) Query(q *query.Query) *Result {
	return v.store.result(q, v.store.candidates(q, q.Plans(), Latest))
}
