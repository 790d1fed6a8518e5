package conformance_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/google"
)

// googleCase is what ours and Google's emulator both do, in a world of its own.
type googleCase[World any] struct {
	name    string
	differs string // how and why Google's emulator does otherwise
	run     func(*testing.T, World)
}

// onBoth runs cases on both emulators, which are started for it.
func onBoth[World any](t *testing.T, cases []googleCase[World], ours, googles func(*testing.T) string, open func(t *testing.T, addr string) World) {
	for name, start := range map[string]func(*testing.T) string{"ours": ours, "google": googles} {
		t.Run(name, func(t *testing.T) {
			addr := start(t)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					if name == "google" && c.differs != "" {
						t.Skip("differs on purpose: " + c.differs)
					}
					t.Parallel()
					c.run(t, open(t, addr))
				})
			}
		})
	}
}

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
