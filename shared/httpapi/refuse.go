package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"lastmile/shared/auth"
)

// Problem is an error answer as RFC 9457 has it.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

// Refuse answers with a problem.
func Refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Problem{Status: status, Title: http.StatusText(status), Detail: detail})
}

// retryAfter is when to try again what is down for the moment.
const retryAfter = 2 * time.Second

// Unavailable answers that something is down for the moment.
func Unavailable(w http.ResponseWriter, detail string) {
	w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	Refuse(w, http.StatusServiceUnavailable, detail+"; try again")
}

// Challenge is the header of an answer to nobody, by which clients learn how to
// sign their calls.
const Challenge = `Bearer realm="lastmile"`

// Refusal returns the status for an error of [auth.Admit].
func Refusal(err error) int {
	if errors.Is(err, auth.ErrForbidden) {
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}
