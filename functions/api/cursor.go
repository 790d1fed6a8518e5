package api

import "lastmile/shared/docs"

// Cursor is where a list goes on: what the page before gave as next. It is exported
// for huma.
type Cursor string

// place is where c leads to, or a refusal that names it.
func (c Cursor) place() (docs.Place, error) {
	p, err := docs.ParsePlace(string(c))
	if err != nil {
		return p, faulty("query.cursor", "is not what a list gave as next")
	}
	return p, nil
}

// following is the cursor of the page after one that found so much; none after the
// last.
func following[T any](found []T, limit int, place func(T) docs.Place) string {
	if len(found) < limit {
		return ""
	}
	return place(found[len(found)-1]).String()
}
