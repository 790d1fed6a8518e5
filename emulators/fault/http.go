package fault

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// HTTP returns next under the rules. A rule's Method is a verb, a path prefix
// or both: "POST /upload", "/upload", "POST".
func (i *Injector) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r, ok := i.match(func(pattern string) bool { return fitsRequest(pattern, req) })
		if !ok {
			next.ServeHTTP(w, req)
			return
		}
		err := r.apply(req.Context(), req.Method+" "+req.URL.Path, func(ctx context.Context) error {
			if r.Code != codes.OK {
				next.ServeHTTP(&lostAnswer{header: http.Header{}}, req)
				return nil
			}
			next.ServeHTTP(w, req)
			return nil
		})
		if err != nil {
			http.Error(w, err.Error(), httpStatus(status.Code(err)))
		}
	})
}

func fitsRequest(pattern string, req *http.Request) bool {
	verb, prefix, both := strings.Cut(pattern, " ")
	switch {
	case both:
		return verb == req.Method && strings.HasPrefix(req.URL.Path, prefix)
	case strings.HasPrefix(pattern, "/"):
		return strings.HasPrefix(req.URL.Path, pattern)
	default:
		return pattern == req.Method
	}
}

// lostAnswer swallows the response of a call whose effect is wanted and whose answer is not.
type lostAnswer struct{ header http.Header }

func (l *lostAnswer) Header() http.Header         { return l.header }
func (l *lostAnswer) Write(b []byte) (int, error) { return len(b), nil }
func (l *lostAnswer) WriteHeader(int)             {}

// httpStatus is Google's mapping of google.rpc.Code to HTTP.
func httpStatus(c codes.Code) int {
	switch c {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.NotFound:
		return http.StatusNotFound
	case codes.AlreadyExists, codes.Aborted:
		return http.StatusConflict
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Canceled:
		return 499
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}
