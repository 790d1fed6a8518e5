package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"lastmile/shared/auth"
	"lastmile/shared/logs"
)

// RenewedToken is the header of an answer that has a new access token: what the
// request sent had expired, and its session goes on.
const RenewedToken = "X-Renewed-Token"

// Sessions let callers in; [*auth.Sessions] is one.
type Sessions interface {
	Check(ctx context.Context, bearer string) (auth.Pass, error)
}

// Authenticate finds out who calls. It refuses nobody: a request without a token,
// or with one that is not valid, is nobody's, and each route says whom it admits.
// A request whose token has expired goes through, and its answer has a new one.
func Authenticate(s Sessions) Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, ctx := bearer(r), r.Context()
			if token == "" || auth.From(ctx).ID != "" {
				next.ServeHTTP(w, r)
				return
			}
			pass, err := s.Check(ctx, token)
			switch {
			case errors.Is(err, auth.ErrRefused):
				ctx = auth.Refused(ctx, err)
			case err != nil:
				Unavailable(w, "whether you are signed in cannot be told for the moment")
				return
			default:
				ctx = calledBy(ctx, pass.Caller)
			}
			if pass.Renewed {
				w.Header().Set(RenewedToken, pass.Token)
				w.Header().Set("Cache-Control", "no-store")
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// Only refuses callers of other entities, for services whose routes are all alike.
// Whoever asks how the service is may be anybody.
func Only(entities ...auth.Entity) Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := auth.Admit(r.Context(), entities...); err != nil && r.URL.Path != "/health" {
				w.Header().Set("WWW-Authenticate", Challenge)
				Refuse(w, Refusal(err), err.Error())
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// bearer returns the token of a request, or nothing.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func calledBy(ctx context.Context, c auth.Caller) context.Context {
	return logs.With(auth.With(ctx, c), logs.Fields{Caller: c.String()})
}
