// Package httpapi is the middleware of HTTP services: layers that know nothing
// of each other, one file each, applied to everything.
package httpapi

import (
	"encoding/json"
	"net/http"
)

// Layer wraps a handler.
type Layer func(http.Handler) http.Handler

// Chain wraps h in layers; the first one sees a request first.
func Chain(h http.Handler, layers ...Layer) http.Handler {
	for i := len(layers) - 1; i >= 0; i-- {
		h = layers[i](h)
	}
	return h
}

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
