package docs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/docs"
)

func TestAPlaceIsReadAsItWasWritten(t *testing.T) {
	for _, p := range []docs.Place{
		{At: time.Date(2026, 11, 20, 12, 0, 0, 123456000, time.UTC), ID: "o1"},
		{At: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), ID: "an id with spaces | and more"},
	} {
		back, err := docs.ParsePlace(p.String())
		require.NoError(t, err)
		require.Equal(t, p, back)
	}
	first, err := docs.ParsePlace("")
	require.NoError(t, err)
	require.Zero(t, first)
}

func TestWhatIsNoPlace(t *testing.T) {
	for _, text := range []string{
		"%", "2026-11-20T12:00:00Z", docs.Place{At: time.Unix(0, 0), ID: "a/b"}.String(), docs.Place{At: time.Unix(0, 0)}.String(), "bm8gdGltZQ",
	} {
		_, err := docs.ParsePlace(text)
		require.ErrorIs(t, err, docs.ErrBadPlace, text)
	}
}
