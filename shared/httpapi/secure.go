package httpapi

import "net/http"

// Secure tells browsers to take answers for what they say they are, to show them
// in no frame, to run nothing in them, and to call by TLS only where a call came by
// it. A handler that serves a page sets a policy of its own.
func Secure(next http.Handler) http.Handler {
	// Made once for all answers: whoever sets another policy replaces the list.
	nosniff, deny, policy := []string{"nosniff"}, []string{"DENY"}, []string{"default-src 'none'; frame-ancestors 'none'"}
	referrer, tls := []string{"no-referrer"}, []string{"max-age=63072000; includeSubDomains"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = nosniff
		h["X-Frame-Options"] = deny
		h["Content-Security-Policy"] = policy
		h["Referrer-Policy"] = referrer
		if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
			h["Strict-Transport-Security"] = tls
		}
		next.ServeHTTP(w, r)
	})
}
