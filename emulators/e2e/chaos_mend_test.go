package e2e_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/sweep"
	"lastmile/shared/job"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// mend is the sweep of when a job has stalled: what that would look at, it looks at
// now, every second until ctx ends.
func (f *fleet) mend(ctx context.Context, t *testing.T) {
	p := platform.New(f.Config, logs.Options{Service: "sweep", Out: io.Discard})
	p.Now = func() time.Time { return time.Now().Add(job.Stall + time.Minute) }
	defer func() { require.NoError(t, p.Close(context.Background())) }()
	h, err := sweep.Spec().Handler(p)
	require.NoError(t, err)
	for ctx.Err() == nil {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/schedule", nil))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
