// Package roadhttp asks the distance function.
//
// It promises an answer whatever happens there: when the function cannot be
// reached, the client says so in its answer and estimates, by the straight line.
// It stops calling for a while then, and tries again by itself.
package roadhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"lastmile/shared/geo"
)

// Options of a client. The zero value is for cars in a city.
type Options struct {
	// Token is the operators' token, "" for none.
	Token string

	// HTTP makes the calls; nil is a client with a timeout of two seconds.
	HTTP *http.Client

	// Timeout bounds a call; 0 is 500 ms.
	Timeout time.Duration

	// Detour is how much longer roads are than straight lines, 0 is 1.4, and KMH
	// the speed on them, 0 is 25.
	Detour, KMH float64

	// Pause is how long the client estimates after a failure before it calls again;
	// 0 is two seconds.
	Pause time.Duration

	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Client asks one distance function. It is safe for concurrent use.
type Client struct {
	url string
	o   Options

	mu    sync.Mutex
	until time.Time // guarded by mu; no calls before
}

// New returns a client of the function at a URL.
func New(url string, o Options) *Client {
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 2 * time.Second}
	}
	if o.Timeout == 0 {
		o.Timeout = 500 * time.Millisecond
	}
	if o.Detour == 0 {
		o.Detour = 1.4
	}
	if o.KMH == 0 {
		o.KMH = 25
	}
	if o.Pause == 0 {
		o.Pause = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{url: url, o: o}
}

// Leg is the way from one place to another.
type Leg struct {
	Duration time.Duration
	Metres   float64

	// Reachable is false if no way leads there, or a place is on no road.
	Reachable bool

	// Estimated is true if the answer is a guess by the straight line.
	Estimated bool
}

// Table returns the ways from each source, a row each, to each target. Its only
// error is that of a request that the function refuses.
func (c *Client) Table(ctx context.Context, sources, targets []geo.Point) ([][]Leg, error) {
	if c.paused() {
		return c.estimates(sources, targets), nil
	}
	answer, err := c.ask(ctx, sources, targets)
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return nil, err
	case err != nil:
		c.pause(ctx)
		return c.estimates(sources, targets), nil
	}
	return c.legs(answer, sources, targets), nil
}

// Refused is the error of a request that can never be answered.
type Refused struct {
	Status int
	Detail string
}

func (r *Refused) Error() string { return fmt.Sprintf("distance refused the request: %s", r.Detail) }

func (c *Client) paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.o.Now().Before(c.until)
}

// pause begins a pause, unless the caller itself has given up.
func (c *Client) pause(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = c.o.Now().Add(c.o.Pause)
}

// tableAnswer is what is read of an answer. A cell without an answer is nil.
type tableAnswer struct {
	Durations [][]*float64 `json:"durations"`
	Distances [][]*float64 `json:"distances"`
	Unasked   int          `json:"unasked"`
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 16 << 20

var errAnswer = errors.New("an answer of another shape")

func (c *Client) ask(ctx context.Context, sources, targets []geo.Point) (a tableAnswer, err error) {
	body, err := json.Marshal(map[string]any{"sources": pairs(sources), "targets": pairs(targets), "timeoutMillis": max(1, c.o.Timeout.Milliseconds())})
	if err != nil {
		return a, &Refused{Status: http.StatusBadRequest, Detail: err.Error()}
	}
	text, err := c.call(ctx, http.MethodPost, "/v1/table", body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%w: %w", errAnswer, err)
	}
	if a.Unasked > 0 || !shaped(a.Durations, sources, targets) || !shaped(a.Distances, sources, targets) {
		return a, errAnswer
	}
	return a, nil
}

// call makes one call. It is not repeated: the estimate is better than a late
// answer.
func (c *Client) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("call distance: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.o.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.o.Token)
	}
	w, err := c.o.HTTP.Do(r)
	if err != nil {
		return nil, fmt.Errorf("call distance: %w", err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(io.LimitReader(w.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("call distance: %w", err)
	case w.StatusCode == http.StatusBadRequest || w.StatusCode == http.StatusRequestEntityTooLarge:
		return nil, &Refused{w.StatusCode, string(text)}
	case w.StatusCode/100 != 2:
		return nil, fmt.Errorf("call distance: answered %d", w.StatusCode)
	}
	return text, nil
}

// Drawing returns the roads to be drawn, as the function tells them.
func (c *Client) Drawing(ctx context.Context) ([]byte, error) {
	return c.call(ctx, http.MethodGet, "/v1/roads", nil)
}

// Register tells where couriers are, so that tables find them by id.
func (c *Client) Register(ctx context.Context, couriers []Courier) error {
	body, err := json.Marshal(Couriers{couriers})
	if err != nil {
		return fmt.Errorf("register couriers: %w", err)
	}
	_, err = c.call(ctx, http.MethodPut, "/v1/couriers", body)
	return err
}

func pairs(points []geo.Point) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{p.Lng, p.Lat}
	}
	return out
}

// farthest is more than any way takes, in seconds, or is long, in metres; beyond,
// or below nothing, an answer makes no sense.
const farthest = 1e8

func shaped(m [][]*float64, sources, targets []geo.Point) bool {
	if len(m) != len(sources) {
		return false
	}
	for _, row := range m {
		if len(row) != len(targets) || slices.ContainsFunc(row, func(x *float64) bool { return x != nil && (*x < 0 || *x > farthest) }) {
			return false
		}
	}
	return true
}

func (c *Client) legs(a tableAnswer, sources, targets []geo.Point) [][]Leg {
	return matrix(sources, targets, func(i, j int) Leg {
		if a.Durations[i][j] == nil || a.Distances[i][j] == nil {
			return Leg{}
		}
		return Leg{Duration: time.Duration(*a.Durations[i][j] * float64(time.Second)), Metres: *a.Distances[i][j], Reachable: true}
	})
}

func (c *Client) estimates(sources, targets []geo.Point) [][]Leg {
	return matrix(sources, targets, func(i, j int) Leg {
		metres := geo.Distance(sources[i], targets[j]) * c.o.Detour
		return Leg{Duration: time.Duration(metres * 3.6 / c.o.KMH * float64(time.Second)), Metres: metres, Reachable: true, Estimated: true}
	})
}

func matrix(sources, targets []geo.Point, of func(i, j int) Leg) [][]Leg {
	rows := make([][]Leg, len(sources))
	for i := range rows {
		rows[i] = make([]Leg, len(targets))
		for j := range rows[i] {
			rows[i][j] = of(i, j)
		}
	}
	return rows
}
