package platform_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// headers calls a function as p does, and returns what arrives there.
func headers(t *testing.T, environ ...string) http.Header {
	var got http.Header
	there := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer there.Close()
	p := open(t, append(environ, "FUNCTION_URL="+there.URL+"/{function}")...)
	resp, err := p.Client("distance").Get(there.URL + "/distance/v1/table")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return got
}

func TestOnALaptopFunctionsCallAsOperators(t *testing.T) {
	got := headers(t, environ("OPERATOR_TOKEN=hush")...)
	require.Equal(t, "Bearer hush", got.Get("Authorization"))
	require.Empty(t, got.Get("X-Serverless-Authorization"))
}

func TestOnCloudRunFunctionsCallAsThemselves(t *testing.T) {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Hour).Unix())))
	asked := ""
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Metadata-Flavor", "Google")
		if strings.HasSuffix(r.URL.Path, "/identity") {
			asked = r.URL.Query().Get("audience")
			_, _ = w.Write([]byte("e30." + encoded + ".s"))
		}
	}))
	defer metadata.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(metadata.URL, "http://"))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())

	got := headers(t, environ("OPERATOR_TOKEN=hush", "K_REVISION=assign-7")...)
	require.Equal(t, "Bearer e30."+encoded+".s", got.Get("X-Serverless-Authorization"))
	require.True(t, strings.HasSuffix(asked, "/distance"), "the audience is the function, not %q", asked)
	require.Empty(t, got.Get("Authorization"), "the operators' token stays here")
}
