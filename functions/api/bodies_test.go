package api_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
)

// Every case goes to a route that reads the body, by callers whom it admits.
func TestHostileRequestsAreRefusedNotFailed(t *testing.T) {
	c := start(t)
	courier := c.stack.Token(auth.Courier, "c7")
	const reports, signIn = "/v1/couriers/c7/locations", "/v1/sessions"
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	junk := strings.Repeat("\xff\xfe%00../", 50)
	for name, tt := range map[string]struct {
		path, token, body string
		header            map[string]string
		want              int
	}{
		"a body of five megabytes":                {reports, courier, `{"fixes":"` + strings.Repeat("a", 5<<20) + `"}`, nil, http.StatusRequestEntityTooLarge},
		"lists within lists, half a million deep": {reports, courier, nested(500_000), nil, http.StatusBadRequest},
		"lists that are never closed":             {reports, courier, strings.Repeat(`{"a":[`, 100_000), nil, http.StatusBadRequest},
		"a field that nests too deeply":           {reports, courier, `{"fixes":[{"at":` + nested(40) + `}]}`, nil, http.StatusBadRequest},
		"brackets in a string do not nest":        {signIn, "", `{"entity":"customer","identity":"\"` + strings.Repeat("[", 100) + `"}`, nil, http.StatusUnauthorized},
		"no JSON":                                 {reports, courier, "\x00\x01{", nil, http.StatusBadRequest},
		"a number beyond all bounds":              {reports, courier, `{"fixes":[{"lat":1e999}]}`, nil, http.StatusBadRequest},
		"no body":                                 {reports, courier, "", nil, http.StatusBadRequest},
		"a body of an unknown kind":               {reports, courier, "x", map[string]string{"Content-Type": junk}, http.StatusUnsupportedMediaType},
		"a token of a megabyte's junk":            {reports, strings.Repeat("a.", 100_000), "{}", nil, http.StatusUnauthorized},
		"a token of three empty parts":            {reports, "..", "{}", nil, http.StatusUnauthorized},
		"a handle of nobody":                      {reports, "lms_" + junk, "{}", nil, http.StatusUnauthorized},
		"an identity that is no token":            {signIn, "", `{"entity":"customer","identity":"a.b.c"}`, nil, http.StatusUnauthorized},
		"an unknown entity":                       {signIn, "", `{"entity":"root","identity":"a.b.c"}`, nil, http.StatusUnprocessableEntity},
		"hostile values in every header that is read": {reports, courier, `{"fixes":[]}`, map[string]string{
			"X-Request-Id": junk, "Traceparent": "00-" + junk, "Idempotency-Key": junk[:150], "X-Forwarded-For": junk + ",::1%" + junk,
			"Origin": "http://" + junk, "User-Agent": junk, "If-Match": junk, "Accept": junk, "X-Forwarded-Proto": junk,
		}, http.StatusUnprocessableEntity},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.stack.URL+tt.path, strings.NewReader(tt.body))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+tt.token)
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, tt.want, resp.StatusCode, "%.300s", text)
			require.True(t, bytes.HasPrefix(text, []byte("{")), "a problem, not %.100s", text)
		})
	}
}

func TestRefusalsDoNotRepeatWhatWasSent(t *testing.T) {
	const secret = "hunter2"
	c := start(t)
	for name, tt := range map[string]struct{ path, body string }{
		"a field that fits no schema":   {"/v1/sessions", `{"entity":"` + secret + `","identity":{"password":"` + secret + `"}}`},
		"a body that is no JSON":        {"/v1/sessions", `{"identity":"` + secret},
		"a body that nests too deeply":  {"/v1/sessions", `{"identity":"` + secret + `","x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`},
		"a parameter that is no number": {"/v1/sessions?limit=" + secret, `{"entity":"` + secret + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := http.Post(c.stack.URL+tt.path, "application/json", strings.NewReader(tt.body))
			require.NoError(t, err)
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, resp.StatusCode)
			require.Contains(t, string(text), "body", "it says where")
			require.NotContains(t, string(text), secret)
		})
	}
}
