package realtime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

// What is an audience stands in keys, headers and JSON as it is, and reads back as
// the same.
func FuzzParseAudience(f *testing.F) {
	for _, seed := range []string{"courier:7", "topic order:12", "role operator", "topic :", "a:\x00", "topic c/x:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := realtime.ParseAudience(text)
		if err != nil {
			require.ErrorIs(t, err, realtime.ErrInvalid)
			return
		}
		require.NotContains(t, a.Name(), "\n")
		read := realtime.ParseTopic
		if a.IsClient() {
			read = realtime.ParseClient
		}
		again, err := read(a.Name())
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}
