// Package distance answers how far it is by road, and how long it takes.
//
// Trigger: calls from other functions, and from clients of OSRM, whose requests
// it understands. The roads are resident: an instance is ready once they are
// mapped, and is never scaled to zero. Every call only reads, but for the traffic
// and the couriers, and sending those again changes nothing.
package distance

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"lastmile/shared/httpapi"
)

// Limits of a request.
const (
	maxBody   = 1 << 20
	maxPlaces = 5_000
	maxCells  = 250_000
	maxPoints = 1_000 // in a URL

	defaultTimeout = time.Second
	maxTimeout     = 10 * time.Second
)

var errTooLarge = errors.New("too large")

// Function is the distance function.
type Function struct {
	roads     *Roads
	positions Positions
	couriers  couriers
	now       func() time.Time
	handler   http.Handler
	work      sync.Pool // of *work
}

// New returns a Function on the roads, behind layers. It asks p where couriers
// are that a table names; if p is nil, they have to be registered.
func New(roads *Roads, p Positions, layers ...httpapi.Layer) *Function {
	f := &Function{roads: roads, positions: p, now: time.Now}
	f.couriers = couriers{now: time.Now, byID: make(map[string]*position), climbs: make([]*position, maxClimbs)}
	f.work.New = func() any { return new(work) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", ready)
	mux.HandleFunc("GET /route/v1/{profile}/{places...}", f.getRoute)
	mux.HandleFunc("GET /table/v1/{profile}/{places...}", f.getTable)
	mux.HandleFunc("GET /nearest/v1/{profile}/{places...}", f.getNearest)
	mux.HandleFunc("POST /v1/table", f.postTable)
	mux.HandleFunc("GET /v1/isochrone", f.getIsochrone)
	mux.HandleFunc("GET /v1/roads", f.getRoads)
	mux.HandleFunc("PUT /v1/couriers", f.putCouriers)
	mux.HandleFunc("DELETE /v1/couriers/{id}", f.deleteCourier)
	mux.HandleFunc("PUT /v1/traffic", f.putTraffic)
	mux.HandleFunc("POST /v1/reload", f.postReload)
	f.handler = httpapi.Chain(mux, append(layers, httpapi.LimitBody(maxBody))...)
	return f
}

func (f *Function) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// ready answers that the roads are there: without them there is no Function.
func ready(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// until returns a function that is true when the time is up, or the caller has
// gone.
func (f *Function) until(r *http.Request, timeout time.Duration) func() bool {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	deadline := f.now().Add(min(timeout, maxTimeout))
	return func() bool { return r.Context().Err() != nil || f.now().After(deadline) }
}

// reply sends an answer that was put together in the work's memory.
func reply(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body) // a caller that has gone needs no answer
}

var jsonType = []string{"application/json"}
