package conformance_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/google"
)

// googles returns the address of Google's emulator: the one that the variable
// names, or one that it starts. Without one the test is skipped, or fails where
// LASTMILE_REQUIRE_REAL is 1.
func googles(t *testing.T, variable string, start func(context.Context) (*google.Emulator, error)) string {
	if addr := os.Getenv(variable); addr != "" {
		return addr
	}
	e, err := start(t.Context())
	if errors.Is(err, google.ErrMissing) && os.Getenv("LASTMILE_REQUIRE_REAL") != "1" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e.Addr
}
