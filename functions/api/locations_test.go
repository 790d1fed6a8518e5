package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// client calls the API of a stack as an operator.
type client struct {
	t     *testing.T
	stack *stack.Stack
}

func start(t *testing.T) client {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return client{t, s}
}

// docs opens the database that the platform has.
func (c client) docs() *docs.DB {
	c.t.Helper()
	p := platform.New(c.stack.Config, logs.Options{Service: "test", Out: c.t.Output()})
	c.t.Cleanup(func() { require.NoError(c.t, p.Close(context.Background())) })
	db, err := p.Docs()
	require.NoError(c.t, err)
	return db
}

// do returns the status, and decodes the answer into out unless that is nil.
func (c client) do(method, path string, body, out any) int {
	c.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		require.NoError(c.t, json.NewEncoder(&sent).Encode(body))
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.stack.URL+path, &sent)
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.stack.Operator)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	if out != nil {
		require.NoError(c.t, json.Unmarshal(got, out), "%s", got)
	}
	return resp.StatusCode
}

type fix struct {
	At    time.Time `json:"at"`
	Lat   float64   `json:"lat"`
	Lng   float64   `json:"lng"`
	Order string    `json:"order,omitempty"`
}

type fixes struct {
	Fixes []fix `json:"fixes"`
}

type located struct {
	Courier string
	Lat     float64
	Metres  float64
}

func TestLocationsEnterAndAreFound(t *testing.T) {
	c := start(t)
	now := time.Now().UTC().Truncate(time.Second)
	at := func(second int, lat float64) fix {
		return fix{now.Add(time.Duration(second) * time.Second), lat, -97.74, "o1"}
	}
	var receipt struct {
		Accepted int
		Refused  []struct {
			Index  int
			Reason string
			Detail string
		}
	}
	report := func(courier string, fs ...fix) int {
		receipt.Refused = nil
		return c.do(http.MethodPost, "/v1/couriers/"+courier+"/locations", fixes{fs}, &receipt)
	}
	require.Equal(t, http.StatusOK, report("ada", at(-9, 30.27), at(3600, 30.27), at(-8, 30.2701), at(-7, 99)))
	require.Equal(t, 2, receipt.Accepted)
	require.Equal(t, "future", receipt.Refused[0].Reason)
	require.Equal(t, 1, receipt.Refused[0].Index)
	require.Equal(t, "range", receipt.Refused[1].Reason)
	require.Equal(t, http.StatusOK, report("bob", at(-5, 30.28)))

	var one located
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/v1/couriers/ada/location", nil, &one))
	require.Equal(t, located{Courier: "ada", Lat: 30.2701}, one)
	require.Equal(t, http.StatusNotFound, c.do(http.MethodGet, "/v1/couriers/cyd/location", nil, nil))

	var many struct{ Locations []located }
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/v1/locations?courier=cyd,bob,ada", nil, &many))
	require.Len(t, many.Locations, 2)
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/v1/locations/near?lat=30.27&lng=-97.74&metres=5000", nil, &many))
	require.Equal(t, "ada", many.Locations[0].Courier)
	require.InDelta(t, 11, many.Locations[0].Metres, 1)

	var trail struct {
		Legs []struct {
			Courier string
			Metres  float64
			Trail   []fix
		}
	}
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/v1/orders/o1/trail", nil, &trail))
	require.Len(t, trail.Legs, 2)
	require.Equal(t, 11.0, trail.Legs[0].Metres)
	require.Equal(t, now.Add(-9*time.Second), trail.Legs[0].Trail[0].At)
}

// The first report carries itself to the database, by way of Pub/Sub.
func TestPositionsOutliveRedis(t *testing.T) {
	c := start(t)
	f := fixes{[]fix{{At: time.Now(), Lat: 30.27, Lng: -97.74}}}
	require.Equal(t, http.StatusOK, c.do(http.MethodPost, "/v1/couriers/ada/locations", f, nil))
	require.NoError(t, c.stack.Redis.Restart(false))
	var one located
	require.Eventually(t, func() bool {
		return c.do(http.MethodGet, "/v1/couriers/ada/location", nil, nil) == http.StatusOK
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/v1/couriers/ada/location", nil, &one))
	require.Equal(t, located{Courier: "ada", Lat: 30.27}, one)
}

func TestLocationsThatCannotBe(t *testing.T) {
	c := start(t)
	many := fixes{make([]fix, 251)}
	tests := map[string]struct {
		path string
		body any
	}{
		"more than a batch":      {"/v1/couriers/ada/locations", many},
		"none":                   {"/v1/couriers/ada/locations", fixes{[]fix{}}},
		"a courier that is none": {"/v1/couriers/a%20b/locations", fixes{[]fix{{}}}},
		"a latitude in words":    {"/v1/couriers/ada/locations", map[string]any{"fixes": []any{map[string]any{"at": time.Now(), "lat": "north", "lng": 1}}}},
		"a field that is none":   {"/v1/couriers/ada/locations", map[string]any{"fixes": []any{}, "courier": "bob"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var problem struct{ Detail string }
			require.Equal(t, http.StatusUnprocessableEntity, client{t, c.stack}.do(http.MethodPost, test.path, test.body, &problem))
			require.NotEmpty(t, problem.Detail)
		})
	}
	require.Equal(t, http.StatusUnprocessableEntity, c.do(http.MethodGet, "/v1/locations", nil, nil))
	require.Equal(t, http.StatusUnprocessableEntity, c.do(http.MethodGet, "/v1/locations/near?lat=91&lng=0", nil, nil))
	require.Equal(t, http.StatusUnprocessableEntity, c.do(http.MethodGet, fmt.Sprint("/v1/orders/", "..%2f", "/trail"), nil, nil))
}
