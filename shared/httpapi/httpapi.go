// Package httpapi is the middleware of HTTP services: layers that know nothing
// of each other, one file each, applied to everything.
package httpapi

import "net/http"

// Layer wraps a handler.
type Layer func(http.Handler) http.Handler

// Chain wraps h in layers; the first one sees a request first.
func Chain(h http.Handler, layers ...Layer) http.Handler {
	for i := len(layers) - 1; i >= 0; i-- {
		h = layers[i](h)
	}
	return h
}
