package httpapi

import (
	"net/http"
	"slices"
	"strings"
)

// preflightKept is how long browsers remember what they may send: a day.
const preflightKept = "86400"

// exposed are the headers of answers that pages may read.
var exposed = strings.Join([]string{RequestID, RenewedToken, "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy"}, ", ")

// CORS lets pages of these origins call from a browser. "*" is every origin: no
// cookie signs a call, so a page of a stranger can do no more than its owner.
func CORS(origins ...string) Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			origin := r.Header.Get("Origin")
			if origin == "" {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Add("Vary", "Origin")
			if !slices.Contains(origins, origin) && !slices.Contains(origins, "*") {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", origin)
			if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
				w.Header().Set("Access-Control-Expose-Headers", exposed)
				next.ServeHTTP(w, r)
				return
			}
			preflight(w)
		})
	}
}

func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, "+RequestID)
	h.Set("Access-Control-Max-Age", preflightKept)
	w.WriteHeader(http.StatusNoContent)
}
