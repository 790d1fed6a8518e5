package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"lastmile/shared/auth"
	"lastmile/shared/logs"
)

// Operator lets only those through who send the operators' token, and everybody
// to the open paths. An empty token lets nobody through.
func Operator(token string, open ...string) Layer {
	want := sha256.Sum256([]byte(token))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if slices.Contains(open, r.URL.Path) {
				next.ServeHTTP(w, r)
				return
			}
			sent, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			got := sha256.Sum256([]byte(sent))
			if !bearer || token == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
				w.Header().Set("WWW-Authenticate", `Bearer realm="lastmile"`)
				Refuse(w, http.StatusUnauthorized, "send the operators' token: Authorization: Bearer ...")
				return
			}
			ctx := auth.With(r.Context(), auth.Caller{Entity: auth.Operator, ID: "operator"})
			next.ServeHTTP(w, r.WithContext(logs.With(ctx, logs.Fields{Caller: "operator"})))
		})
	}
}
