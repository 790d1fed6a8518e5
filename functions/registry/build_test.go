package registry_test

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/registry"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// byRecords use what they declare by their records alone, when those are kept.
var byRecords = map[string]bool{"deadletter": true, "scoreupdate": true}

// Functions are put together before it is asked what could not be opened.
func TestWhatCannotBeOpenedIsAnError(t *testing.T) {
	const nobody = "127.0.0.1:9"
	for _, s := range registry.All() {
		if len(s.Uses) == 0 || byRecords[s.Name] {
			continue
		}
		s.Uses = nil
		t.Run(s.Name, func(t *testing.T) {
			c, err := platform.ReadConfig([]string{
				"GOOGLE_CLOUD_PROJECT=test", "REDIS_ADDR=" + nobody, "PUBSUB_EMULATOR_HOST=" + nobody, "FIRESTORE_EMULATOR_HOST=" + nobody,
				"CLOUD_TASKS_EMULATOR_HOST=" + nobody, "FUNCTION_URL=http://" + nobody + "/{function}", "PRIVATE_FILES_URL=mem://",
			})
			require.NoError(t, err)
			p := platform.New(c, logs.Options{Service: s.Name, Out: io.Discard})
			defer func() { require.NoError(t, p.Close(context.Background())) }()
			_, err = s.Handler(p)
			require.ErrorIs(t, err, platform.ErrUndeclared)
		})
	}
}
