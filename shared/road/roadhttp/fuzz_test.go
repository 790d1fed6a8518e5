package roadhttp_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/road/roadhttp"
)

// Whatever answers in the place of the roads, there is a leg for each pair, and
// none takes less than no time.
func FuzzAnswer(f *testing.F) {
	f.Add(200, sound)
	f.Add(200, `{"durations":[[null]],"distances":[[1e300]]}`)
	f.Add(200, `{"durations":[[-1]],"distances":[[1e300]]}`)
	f.Add(200, `{"durations":[],"distances":[[]],"unasked":-1}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return // no answer has it
		}
		var answer atomic.Pointer[http.HandlerFunc]
		answer.Store(says(status, body))
		url, _ := serve(t, &answer)
		legs, err := roadhttp.New(url, roadhttp.Options{}).Table(t.Context(), here, there)
		if err != nil {
			return
		}
		require.Len(t, legs, 1)
		require.Len(t, legs[0], 1)
		require.GreaterOrEqual(t, legs[0][0].Duration.Seconds(), 0.0)
		require.GreaterOrEqual(t, legs[0][0].Metres, 0.0)
	})
}
