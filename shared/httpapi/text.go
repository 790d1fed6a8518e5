package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Text refuses paths and queries that are no text: nothing has such a name, and
// no database takes it.
func Text(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if err != nil || !text(query) || !text(r.URL.Path) {
			Refuse(w, http.StatusBadRequest, "the path or the query is no text: send UTF-8 without NUL")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func text(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
