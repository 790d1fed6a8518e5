package terraform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who may call a service: Cloud Run refuses everybody else, before a function sees
// the call.
func TestEverybodyMayCallOnlyWhatHasPaths(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("modules", "service", "main.tf"))
	require.NoError(t, err)
	require.Regexp(t, `public\s*=\s*length\(var\.service\.paths\) > 0`, string(text))
	require.Regexp(t, `ingress\s*=\s*local\.public \? "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" : "INGRESS_TRAFFIC_INTERNAL_ONLY"`, string(text))
	require.Regexp(t, `local\.public \? \{ everybody = "allUsers" \} : \{\}`, string(text))

	everybody := regexp.MustCompile(`"(allUsers|allAuthenticatedUsers)"`)
	for path := range sources(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		found := len(everybody.FindAll(text, -1))
		switch path {
		case filepath.Join("modules", "service", "main.tf"), filepath.Join("modules", "data", "files.tf"): // the public bucket
			require.Equal(t, 1, found, path)
		default:
			require.Zero(t, found, "%s lets everybody in", path)
		}
	}
}
