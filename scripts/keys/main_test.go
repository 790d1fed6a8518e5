package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
)

func TestEachRotationAddsAKey(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var first, second bytes.Buffer
	require.NoError(t, rotate(strings.NewReader(unset), &first, now))
	ring, err := auth.ParseRing(first.String())
	require.NoError(t, err)
	require.Len(t, ring.Keys, 1)

	require.NoError(t, rotate(&first, &second, now.Add(time.Hour)))
	next, err := auth.ParseRing(second.String())
	require.NoError(t, err)
	require.Len(t, next.Keys, 2, "what the first signed is still known")
	require.Equal(t, ring.Keys[0].ID, next.Keys[0].ID)
}

func TestWhatIsNoRingIsRefused(t *testing.T) {
	var out bytes.Buffer
	require.Error(t, rotate(strings.NewReader("nonsense"), &out, time.Now()))
	require.Empty(t, out.String())
}
