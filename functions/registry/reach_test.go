package registry_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/registry"
)

// Cloud Run lets in whoever reaches a service that strangers may call: one that
// takes events, timers or schedules must have no paths, and is then called by the
// accounts that Terraform names, with tokens that Cloud Run checks.
func TestWhatStrangersReachTakesNeitherEventsNorTimers(t *testing.T) {
	public := []string{}
	for _, s := range registry.All() {
		if len(s.Paths) == 0 {
			continue
		}
		public = append(public, s.Name)
		for _, trigger := range s.Binding.Triggers {
			require.True(t, trigger.HTTP, "%s is reached by strangers, and takes %+v", s.Name, trigger)
		}
	}
	require.Equal(t, []string{"api", "console"}, public, "a new one lets everybody in: it must ask who calls")
}
