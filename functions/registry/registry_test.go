package registry_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/registry"
	"lastmile/shared/event"
)

var update = flag.Bool("update", false, "write what Terraform reads")

func TestEveryFolderIsAFunction(t *testing.T) {
	folders, err := filepath.Glob("../*/wire.go")
	require.NoError(t, err)
	var names []string
	for _, f := range folders {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	var listed []string
	for _, s := range registry.All() {
		listed = append(listed, s.Name)
	}
	require.Equal(t, names, listed, "list every folder of functions in registry.All, sorted by name")

	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && e.Name() != "registry" {
			require.Contains(t, names, e.Name(), "functions/%s has no wire.go", e.Name())
		}
	}
}

func TestTerraformReadsWhatIsDeclared(t *testing.T) {
	golden(t, "topology.json", registry.Topology())
	golden(t, "firestore.indexes.json", registry.Indexes())
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	got = append(got, '\n')
	path := filepath.Join("../../terraform", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "%s is not what is declared: run go test ./functions/registry -update, and read what changed", name)
}

func TestEdgesMeet(t *testing.T) {
	topology := registry.Topology()
	subscribed := map[string]bool{}
	published := map[string]bool{}
	queues := map[string]bool{}
	for _, f := range topology.Functions {
		for _, s := range f.Subscriptions {
			subscribed[s.Topic] = true
			require.Greater(t, s.AckDeadline, f.Timeout, "%s: Pub/Sub would deliver again while the function still runs", s.Name)
			require.LessOrEqual(t, s.AckDeadline, 600, s.Name)
			require.GreaterOrEqual(t, s.Attempts, 5, s.Name)
			require.LessOrEqual(t, s.Attempts, 100, s.Name)
			require.LessOrEqual(t, s.MinBackoff, s.MaxBackoff, s.Name)
		}
		for _, p := range f.Publishes {
			published[p] = true
		}
		queues[f.Name] = f.Queue
	}
	for _, e := range event.All() {
		require.True(t, subscribed[string(e.Type())], "messages of %s would be lost: nobody subscribes", e.Type())
		require.True(t, published[string(e.Type())], "nobody publishes %s", e.Type())
	}
	for _, f := range topology.Functions {
		for _, q := range f.SchedulesTimer {
			require.True(t, queues[q], "%s sets timers for %s, which takes none", f.Name, q)
		}
	}
	require.True(t, slices.IsSorted(topology.Topics))
}
