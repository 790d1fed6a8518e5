package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// screen is what a person would see.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// session runs the program until the screen shows a text, presses Ctrl-C, and
// returns all that it showed.
func session(t *testing.T, until string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &screen{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, args, nil, out) }()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(out.String(), until); {
		select {
		case err := <-ended:
			require.NoError(t, err)
			t.Fatalf("ended without showing %q:\n%s", until, out)
		case <-time.After(10 * time.Millisecond):
			require.True(t, time.Now().Before(deadline), "never showed %q:\n%s", until, out)
		}
	}
	stop()
	require.NoError(t, <-ended, "Ctrl-C ends it cleanly")
	return out.String()
}

func TestTheDemoSyncsACatalogueAndKeepsIt(t *testing.T) {
	catalogue, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	at := catalogue.Addr().String()
	require.NoError(t, catalogue.Close())
	args := []string{"-addr", "127.0.0.1:0", "-provider", at, "-items", "500", "-couriers", "0", "-data", t.TempDir(), "-logs", os.DevNull}

	first := session(t, "Ctrl-C stops", args...)
	require.Contains(t, first, "lastmile is ready at http://127.0.0.1:")
	require.Contains(t, first, "500 items read, 500 written, 0 unchanged")
	require.Contains(t, first, "500 items read, 0 written, 500 unchanged")

	second := session(t, "Ctrl-C stops", args...)
	require.NotContains(t, second, "500 written", "what was stored the last time is still there")
}

func TestOnlySomeServices(t *testing.T) {
	out := session(t, "REDIS_ADDR=", "-only", "firestore,pubsub,tasks,storage,redis")
	for _, variable := range []string{"FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "CLOUD_TASKS_EMULATOR_HOST", "STORAGE_EMULATOR_HOST", "REDIS_ADDR"} {
		require.Contains(t, out, "export "+variable+"=127.0.0.1:")
	}
}

func TestBadFlagsAreExplained(t *testing.T) {
	for says, args := range map[string][]string{
		"there are firestore,pubsub": {"-only", "spanner"},
		"nothing: no such service":   {"-google", "nothing"},
		"every setting is a flag":    {"serve"},
		"flag provided but not":      {"-port", "1"},
		"listen":                     {"-addr", "127.0.0.1:99999"},
	} {
		err := run(t.Context(), args, nil, &screen{})
		require.ErrorContains(t, err, says)
	}
}

func TestOnlyVariablesOfServicesAreTaken(t *testing.T) {
	require.Equal(t, []string{"REDIS_ADDR=r:1"}, chosen([]string{"HOME=/root", "PUBSUB_EMULATOR_HOST=", "REDIS_ADDR=r:1"}))
}
