package distance_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/functions/distance"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
	"lastmile/shared/road/roadfile"
)

func TestWhoIsAdmitted(t *testing.T) {
	w := newWorld(t)
	roads := t.TempDir() + "/roads.lmr"
	require.NoError(t, roadfile.Write(roads, w.m))
	cache, err := redis.Start(redis.Options{Server: redis.Embedded})
	require.NoError(t, err)
	defer cache.Close()
	for name, tt := range map[string]struct {
		revision, token string
		want            int
	}{
		"on a laptop, operators":               {"", "hush", http.StatusNotFound},
		"on a laptop, nobody else":             {"", "", http.StatusUnauthorized},
		"on Cloud Run, whom that has admitted": {"distance-1", "", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := platform.ReadConfig([]string{
				"GOOGLE_CLOUD_PROJECT=local", "REDIS_ADDR=" + cache.Addr(), "FUNCTION_URL=http://f/{function}", "PRIVATE_FILES_URL=mem://",
				"OPERATOR_TOKEN=hush", "ROAD_FILE=" + roads, "K_REVISION=" + tt.revision,
			})
			require.NoError(t, err)
			p := platform.New(c, logs.Options{Service: "distance", Out: t.Output()})
			defer func() { require.NoError(t, p.Close(context.Background())) }()
			h, err := distance.Spec().Handler(p)
			require.NoError(t, err)
			r := httptest.NewRequest(http.MethodGet, "/v1/none", nil)
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			got := httptest.NewRecorder()
			h.ServeHTTP(got, r)
			require.Equal(t, tt.want, got.Code)
		})
	}
}
