package logs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
)

// Whatever a message brings along, what is taken up and carried on is short and
// printable, and of the keys that are known.
func FuzzRestore(f *testing.F) {
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "r1", "order:1,shop:2")
	f.Add("ff-0-0-0", "a\nb", ",:,a:,:b")
	f.Fuzz(func(t *testing.T, trace, request, entities string) {
		ctx := logs.Restore(t.Context(), func(key string) string {
			switch key {
			case "traceparent":
				return trace
			case "request":
				return request
			}
			return entities
		})
		for key, value := range logs.Carry(ctx) {
			require.LessOrEqual(t, len(value), 1024, key)
			for _, c := range []byte(value) {
				require.True(t, c > ' ' && c <= '~', "%s carries %q", key, value)
			}
		}
	})
}
