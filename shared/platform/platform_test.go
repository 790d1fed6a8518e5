package platform_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

func environ(extra ...string) []string {
	return append([]string{
		"GOOGLE_CLOUD_PROJECT=p", "REDIS_ADDR=r:1", "FUNCTION_URL=https://{function}.run.app", "PRIVATE_FILES_URL=mem://",
	}, extra...)
}

func TestReadConfigTellsEveryFaultAtOnce(t *testing.T) {
	_, err := platform.ReadConfig([]string{"FUNCTION_URL=https://x", "REDIS_TLS=perhaps", "PRIVATE_FILES_URL=bucket", "LOG_RETENTION=loud:1h"})
	for _, name := range []string{"GOOGLE_CLOUD_PROJECT", "REDIS_ADDR", "FUNCTION_URL", "RedisTLS", "PRIVATE_FILES_URL", "LogRetention"} {
		require.ErrorContains(t, err, name)
	}
}

func TestReadConfig(t *testing.T) {
	c, err := platform.ReadConfig(environ("REDIS_AUTH=hush", "OPERATOR_TOKEN=hush", "LOG_RETENTION=info:15m,error:1h"))
	require.NoError(t, err)
	require.Equal(t, "https://jobplan.run.app", c.URL("jobplan"))
	require.Equal(t, map[slog.Level]time.Duration{slog.LevelInfo: 15 * time.Minute, slog.LevelError: time.Hour}, c.LogRetention)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "hush", "a configuration may be printed")
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "secrets"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secrets", "key"), []byte("one\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside"), []byte("no"), 0o600))
	p := open(t, environ("SECRETS_DIR="+filepath.Join(dir, "secrets"))...)

	got, err := p.Secret(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, "one", got)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "secrets", "key"), []byte("two"), 0o600))
	got, err = p.Secret(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, "two", got, "a rotated secret takes effect")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "secrets", "mounted"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secrets", "mounted", "value"), []byte("three\n"), 0o600))
	got, err = p.Secret(t.Context(), "mounted")
	require.NoError(t, err)
	require.Equal(t, "three", got, "as Cloud Run mounts it")

	_, err = p.Secret(t.Context(), "none")
	require.ErrorIs(t, err, platform.ErrNoSecret)
	_, err = p.Secret(t.Context(), "../outside")
	require.Error(t, err, "a name cannot lead out of the folder")

	for _, value := range []string{"unset", "\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "secrets", "key"), []byte(value), 0o600))
		_, err = p.Secret(t.Context(), "key")
		require.ErrorIs(t, err, platform.ErrNoSecret, "what everybody knows is no secret")
	}

	_, err = p.ProviderSecret(t.Context(), "mounted")
	require.NoError(t, err)
	p.Limit(nil, platform.Redis)
	_, err = p.ProviderSecret(t.Context(), "mounted")
	require.ErrorIs(t, err, platform.ErrUndeclared, "Terraform gives none to this service")
}

func TestConnectionsOpenOnce(t *testing.T) {
	server, err := redis.Start(redis.Options{Server: redis.Embedded})
	require.NoError(t, err)
	defer server.Close()
	p := open(t, environ("REDIS_ADDR="+server.Addr())...)
	a, err := p.Redis()
	require.NoError(t, err)
	b, err := p.Redis()
	require.NoError(t, err)
	require.Same(t, a, b)

	ctx := logs.CountTrips(t.Context())
	require.NoError(t, a.Set(ctx, "k", "v", 0).Err())
	pipe := a.Pipeline()
	pipe.Get(ctx, "k")
	pipe.Get(ctx, "k")
	_, err = pipe.Exec(ctx)
	require.NoError(t, err)
	trips, _ := logs.Trips(ctx).Total()
	require.Equal(t, 2, trips, "a pipeline is one round trip: %v", logs.Trips(ctx))
}

func open(t *testing.T, environ ...string) *platform.Platform {
	t.Helper()
	c, err := platform.ReadConfig(environ)
	require.NoError(t, err)
	p := platform.New(c, logs.Options{Service: "test", Out: &bytes.Buffer{}})
	t.Cleanup(func() { require.NoError(t, p.Close(context.Background())) })
	return p
}
