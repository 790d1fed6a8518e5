package sorted_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore/internal/sorted"
)

func TestMapBehavesAsAPlainMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m sorted.Map[int]
		plain := map[string]int{}
		key := rapid.Map(rapid.IntRange(0, 3000), func(i int) string { return fmt.Sprintf("%04d", i) })
		for i, k := range rapid.SliceOfN(key, 0, 3000).Draw(t, "keys") {
			if i%3 == 2 {
				_, had := plain[k]
				require.Equal(t, had, m.Delete(k))
				delete(plain, k)
				continue
			}
			m.Set(k, i)
			plain[k] = i
		}
		require.Equal(t, len(plain), m.Len())
		lo, hi := key.Draw(t, "lo"), rapid.OneOf(key, rapid.Just("")).Draw(t, "hi")
		var want []string
		for _, k := range slices.Sorted(maps.Keys(plain)) {
			if k >= lo && (hi == "" || k < hi) {
				want = append(want, k)
			}
		}
		var got []string
		for k, v := range m.Range(lo, hi) {
			require.Equal(t, plain[k], v)
			got = append(got, k)
		}
		require.Equal(t, want, got)
		got = nil
		for k := range m.Backward(lo, hi) {
			got = append(got, k)
		}
		slices.Reverse(want)
		require.Equal(t, want, got)
		for k := range plain {
			v, ok := m.Get(k)
			require.True(t, ok)
			require.Equal(t, plain[k], v)
		}
	})
}

func BenchmarkSetAndDelete(b *testing.B) {
	var m sorted.Map[int]
	for i := range 100_000 {
		m.Set(fmt.Sprintf("%08d", i*7919%100_000), i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := fmt.Sprintf("%08d-x", i*7919%100_000)
		m.Set(k, i)
		m.Delete(k)
	}
}
