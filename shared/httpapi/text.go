package httpapi

import (
	"net/http"
	"net/url"
	"unicode/utf8"
)

// Text refuses paths and queries that are no text: nothing has such a name, and
// no database takes it.
func Text(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if err != nil || !utf8.ValidString(query) || !utf8.ValidString(r.URL.Path) {
			Refuse(w, http.StatusBadRequest, "the path or the query is not UTF-8")
			return
		}
		next.ServeHTTP(w, r)
	})
}
