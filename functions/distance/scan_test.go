package distance

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is accepted is JSON, and numbers are what package strconv takes them
// for.
func FuzzTableRequest(f *testing.F) {
	f.Add([]byte(`{"sources":[[14.5,35.9],"c1"],"targets":[[-1e1,0.5]],"timeoutMillis":5,"radius":10,"islands":true}`))
	f.Add([]byte(`{"sources":["a\u00e4\"b"],"targets":[[1.12345678901234567,-0]]}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"sources":[[01,2]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r tableRequest
		if err := r.decode(body); err != nil {
			return
		}
		require.True(t, json.Valid(body), "%q", body)
		require.LessOrEqual(t, len(r.sources), maxPlaces)
		for _, s := range append(r.sources, r.targets...) {
			require.True(t, s.id != nil || !math.IsNaN(s.point.Lat+s.point.Lng))
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-0.5", "14.4721380", "1e300", "123456789012345678", "00", "1.", "-", "1e", "1E+2x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		x, n := number(text)
		if n == 0 {
			return
		}
		want, err := strconv.ParseFloat(string(text[:n]), 64)
		require.NoError(t, err)
		require.Equal(t, want, x, "%q", text[:n])
	})
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"sources":[`)
	for range 500 {
		body = append(body, `[14.4721380,35.8971234],`...)
	}
	body = append(body, `[14.5,35.9]],"targets":[[14.5,35.9]]}`...)
	var r tableRequest
	b.ReportAllocs()
	for b.Loop() {
		if err := r.decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
