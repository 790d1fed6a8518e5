package roadhttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
	"lastmile/shared/road/roadhttp"
)

var (
	here  = []geo.Point{{Lat: 35.9, Lng: 14.5}}
	there = []geo.Point{{Lat: 35.91, Lng: 14.5}}
)

// serve answers every call with the current answer.
func serve(t *testing.T, answer *atomic.Pointer[http.HandlerFunc]) (url string, calls *atomic.Int64) {
	calls = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		(*answer.Load())(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, calls
}

func says(status int, body string) *http.HandlerFunc {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	return &h
}

const sound = `{"durations":[[12.5]],"distances":[[99]],"unasked":0}`

func TestAnAnswerIsTheRoads(t *testing.T) {
	var answer atomic.Pointer[http.HandlerFunc]
	url, _ := serve(t, &answer)
	c := roadhttp.New(url, roadhttp.Options{})
	answer.Store(says(200, sound))
	legs, err := c.Table(t.Context(), here, there)
	require.NoError(t, err)
	require.Equal(t, [][]roadhttp.Leg{{{Duration: 12500 * time.Millisecond, Metres: 99, Reachable: true}}}, legs)

	answer.Store(says(200, `{"durations":[[null]],"distances":[[null]],"unasked":0}`))
	legs, err = c.Table(t.Context(), here, there)
	require.NoError(t, err)
	require.Equal(t, [][]roadhttp.Leg{{{}}}, legs, "no way is no way, and no estimate either")
}

func TestWhateverFailsIsEstimatedAndRecovers(t *testing.T) {
	tests := map[string]*http.HandlerFunc{
		"an error there":          says(500, "broken"),
		"a function that is full": says(429, "later"),
		"an answer cut off":       says(200, `{"durations":`),
		"a table of another size": says(200, `{"durations":[[1],[2]],"distances":[[1],[2]]}`),
		"a table not finished":    says(200, `{"durations":[[null]],"distances":[[null]],"unasked":1}`),
	}
	for name, broken := range tests {
		t.Run(name, func(t *testing.T) {
			var answer atomic.Pointer[http.HandlerFunc]
			url, calls := serve(t, &answer)
			now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
			c := roadhttp.New(url, roadhttp.Options{Now: func() time.Time { return now }, Timeout: 10 * time.Second})
			answer.Store(broken)
			for range 3 {
				legs, err := c.Table(t.Context(), here, there)
				require.NoError(t, err)
				require.True(t, legs[0][0].Estimated)
				require.InDelta(t, 1112*1.4, legs[0][0].Metres, 2)
				require.InDelta(t, 1112*1.4*3.6/25, legs[0][0].Duration.Seconds(), 1)
			}
			require.EqualValues(t, 1, calls.Load(), "it does not call while it waits")
			answer.Store(says(200, sound))
			now = now.Add(3 * time.Second)
			legs, err := c.Table(t.Context(), here, there)
			require.NoError(t, err)
			require.False(t, legs[0][0].Estimated)
		})
	}
}

func TestARefusalIsAnError(t *testing.T) {
	var answer atomic.Pointer[http.HandlerFunc]
	url, calls := serve(t, &answer)
	c := roadhttp.New(url, roadhttp.Options{})
	answer.Store(says(413, "too many cells"))
	for range 2 {
		_, err := c.Table(t.Context(), here, there)
		var refused *roadhttp.Refused
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, "too many cells")
	}
	require.EqualValues(t, 2, calls.Load())
}

func TestACallerThatGivesUpStopsNobodyElse(t *testing.T) {
	var answer atomic.Pointer[http.HandlerFunc]
	url, _ := serve(t, &answer)
	c := roadhttp.New(url, roadhttp.Options{})
	answer.Store(says(200, sound))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	legs, err := c.Table(gone, here, there)
	require.NoError(t, err)
	require.True(t, legs[0][0].Estimated)
	legs, err = c.Table(t.Context(), here, there)
	require.NoError(t, err)
	require.False(t, legs[0][0].Estimated)
}
