package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatGrowsIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		what    string
		figures []float64
		grew    bool
	}{
		"what stays is flat":                       {"platform: heap, MB", []float64{100, 100, 100, 100}, false},
		"what goes up and down is flat":            {"platform: heap, MB", []float64{100, 180, 90, 120, 100}, false},
		"what shrinks is flat":                     {"platform: heap, MB", []float64{400, 300, 200, 100}, false},
		"a little of much is flat":                 {"platform: goroutines", []float64{5000, 5100, 5200, 5300}, false},
		"much of little is noise":                  {"platform: heap, MB", []float64{10, 12, 14, 16}, false},
		"what leaks is seen":                       {"platform: heap, MB", []float64{100, 150, 200, 250}, true},
		"a key for each of something is seen":      {"redis: keys of:*", []float64{1000, 2000, 3000}, true},
		"keys that end grow with what comes":       {"redis: keys gone:*", []float64{1000, 2000, 3000}, false},
		"keys that swell are seen":                 {"redis: KB a key of:*", []float64{10, 20, 30}, true},
		"a collection that nobody expects is seen": {"documents: surprises", []float64{0, 500, 1000}, true},
		"business grows":                           {"documents: orders", []float64{0, 500, 1000}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory()
			h.expires["redis: keys gone:*"] = time.Hour
			for i, f := range test.figures {
				h.add(time.Duration(i)*time.Minute, sample{test.what: f})
			}
			var out strings.Builder
			require.Equal(t, test.grew, len(h.report(&out)) > 0, "%s", &out)
			require.Contains(t, out.String(), test.what)
		})
	}
}

func TestKindsOfKeys(t *testing.T) {
	for key, kind := range map[string]string{
		"rt:{12}:o:customer:customer-00012|abc": "rt:*:o", "auth:0A9F": "auth:*", "rt:{insts}:live": "rt:*:live", "track:newest": "track:newest",
	} {
		require.Equal(t, kind, kindOfKey(key), key)
	}
}
