package httpapi

import "net/http"

// LimitBody refuses to read more than n bytes of a request.
func LimitBody(n int64) Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > n {
				Refuse(w, http.StatusRequestEntityTooLarge, "the body is too large; put bulk input in a file and name it")
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, n)
			next.ServeHTTP(w, r)
		})
	}
}
