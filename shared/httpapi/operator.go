package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"lastmile/shared/auth"
	"lastmile/shared/logs"
)

// Operator lets in who sends the operators' token: for the first operator of a
// new platform, and for when nobody can sign in. An empty token lets nobody in.
func Operator(token string) Layer {
	want := sha256.Sum256([]byte(token))
	return func(next http.Handler) http.Handler {
		if token == "" {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got := sha256.Sum256([]byte(bearer(r)))
			if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
				ctx := auth.With(r.Context(), auth.Caller{Entity: auth.Operator, ID: "operator"})
				r = r.WithContext(logs.With(ctx, logs.Fields{Caller: "operator"}))
			}
			next.ServeHTTP(w, r)
		})
	}
}
