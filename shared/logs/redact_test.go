package logs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
)

// attrsOf logs attrs and returns them as the line has them.
func attrsOf(t *testing.T, attrs ...any) map[string]any {
	t.Helper()
	var out bytes.Buffer
	logs.New(logs.Options{Out: &out}).Logger().Info("x", attrs...)
	m, _ := lines(t, &out)[0]["attrs"].(map[string]any)
	return m
}

type panicking struct{}

func (panicking) LogValue() slog.Value { panic("no value") }

type panickingJSON struct{ A int }

func (panickingJSON) MarshalJSON() ([]byte, error) { panic("no json") }

type account struct {
	Name  logs.Personal
	Key   logs.Secret
	Token string
	Plain string
}

func TestSecretsAndPersonalDataAreMasked(t *testing.T) {
	cases := map[string]struct {
		key   string
		value any
		want  any
	}{
		"a secret":                            {"seed", logs.Secret("hunter2"), "[redacted]"},
		"personal data":                       {"name", logs.Personal("Zoë Quinn"), "Z***"},
		"personal data too short to hint":     {"name", logs.Personal("Li"), "***"},
		"a key that names a secret":           {"X-Api-Key", "hunter2", "[redacted]"},
		"a key in camel case":                 {"refreshToken", "hunter2", "[redacted]"},
		"a key in the plural":                 {"cookies", []string{"hunter2"}, "[redacted]"},
		"the bare key":                        {"token", "hunter2", "[redacted]"},
		"a group under such a key":            {"secret", slog.GroupValue(slog.String("a", "hunter2")), "[redacted]"},
		"a number under such a key":           {"password", 4711, "[redacted]"},
		"a key that only begins like one":     {"tokenizer", "bpe", "bpe"},
		"headers":                             {"h", http.Header{"Authorization": {"Bearer hunter2"}, "Accept": {"*/*"}}, map[string]any{"Authorization": "[redacted]", "Accept": []any{"*/*"}}},
		"a struct":                            {"a", account{"Jane Doe", "hunter2", "hunter2", "ok"}, map[string]any{"Name": "J***", "Key": "[redacted]", "Token": "[redacted]", "Plain": "ok"}},
		"a list of structs":                   {"a", []account{{Token: "hunter2"}}, []any{map[string]any{"Name": "***", "Key": "[redacted]", "Token": "[redacted]", "Plain": ""}}},
		"an error's text":                     {"cause", fmt.Errorf("GET /?token=hunter2"), "GET /?token=[redacted]"},
		"a value that panics for its value":   {"v", panicking{}, nil},
		"a value that panics for its JSON":    {"v", panickingJSON{}, "[panic in logs_test.panickingJSON: no json]"},
		"a value without JSON":                {"v", make(chan int), "[chan int: json: unsupported type: chan int]"},
		"not a number":                        {"v", math.NaN(), "NaN"},
		"a duration":                          {"v", 1500 * time.Millisecond, "1.5s"},
		"control characters, quotes and UTF8": {"v", "a\"\\\n\x00\xff\u2028é", "a\"\\\n\x00\ufffd\u2028é"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := attrsOf(t, c.key, c.value)[c.key]
			require.NotContains(t, fmt.Sprint(got), "hunter2")
			if c.want != nil {
				require.Equal(t, c.want, got)
			}
		})
	}
}

// secretive are texts with a secret, and what records have of them.
var secretive = map[string]string{
	`Get "https://maps.example/v1?key=hunter2&q=1": EOF`:         `Get "https://maps.example/v1?key=[redacted]&q=1": EOF`,
	"PUT https://a.blob.example/c/o?se=1&sig=hunter2%3D: 403":    "PUT https://a.blob.example/c/o?se=1&sig=[redacted] 403",
	"GET https://s3.example/o?X-Amz-Security-Token=hunter2":      "GET https://s3.example/o?X-Amz-Security-Token=[redacted]",
	"dial redis://default:hunter2@10.0.0.1:6379: refused":        "dial redis://[redacted]@10.0.0.1:6379: refused",
	`oauth2: {"access_token":"hunter2","expires_in":3599}`:       `oauth2: {"access_token":"[redacted]","expires_in":3599}`,
	"sent Authorization: BEARER hunter2":                         "sent Authorization: BEARER [redacted]",
	"no session for lms_hunter2hunter2hunter2hunter2hunter2":     "no session for [redacted]",
	"cannot parse eyJhbGciOiJFZERTQSJ9.eyJhdWQiOiJ4In0.hunter2-": "cannot parse [redacted]",
}

func TestNoTextShowsASecret(t *testing.T) {
	for text, want := range secretive {
		var out bytes.Buffer
		l := logs.New(logs.Options{Out: &out})
		l.Logger().Error(text, "text", text, "cause", errors.New(text), "all", []string{text}, "deep", map[string]any{"a": []any{text}}, "error", errors.New(text))
		l.Logger().Info("x", "v", panickingText(text))
		require.NotContains(t, out.String(), "hunter2")
		r := lines(t, &out)[0]
		require.Equal(t, want, r["message"])
		attrs := r["attrs"].(map[string]any)
		require.Equal(t, map[string]any{"text": want, "cause": want, "all": []any{want}, "deep": map[string]any{"a": []any{want}}}, attrs)
	}
}

type panickingText string

func (p panickingText) MarshalText() ([]byte, error) { panic(string(p)) }

func TestNoVerbShowsASecret(t *testing.T) {
	secret, person := logs.Secret("hunter2"), logs.Personal("hunter2")
	for _, verb := range []string{"%v", "%s", "%q", "%x", "%#v", "%+v", "%d"} {
		text := fmt.Sprintf(verb, struct {
			A logs.Secret
			B logs.Personal
		}{secret, person}) + fmt.Sprintf(verb, secret) + fmt.Sprintf(verb, person)
		require.NotContains(t, text, "hunter2", verb)
		require.NotContains(t, text, fmt.Sprintf("%x", "hunter2"), verb)
	}
}

func TestLongRecordsAreCut(t *testing.T) {
	long := strings.Repeat("é", 50_000)
	got := attrsOf(t, "long", long)["long"].(string)
	require.Less(t, len(got), 5000)
	require.True(t, strings.HasSuffix(got, " bytes cut]"), got[len(got)-40:])

	var many []any
	for i := range 100 {
		many = append(many, fmt.Sprintf("k%d", i), strings.Repeat("v", 4000))
	}
	attrs := attrsOf(t, many...)
	require.Equal(t, true, attrs["cut"])
	text, err := json.Marshal(attrs)
	require.NoError(t, err)
	require.Less(t, len(text), 32<<10)

	deep := slog.String("end", "x")
	for range 50 {
		deep = slog.Group("g", deep)
	}
	require.Contains(t, fmt.Sprint(attrsOf(t, deep)), "nested too deep")
}

func FuzzEveryLineIsJSON(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("\x00\xff", "", "\u2028{[\"")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		var out bytes.Buffer
		l := logs.New(logs.Options{Service: value, Out: &out})
		ctx := logs.With(t.Context(), logs.Fields{Request: value, Entity: logs.Entity{Type: key, ID: value}})
		l.Logger().WithGroup(key).InfoContext(ctx, message, key, value, slog.Any(key, []string{value}))
		require.True(t, json.Valid(out.Bytes()), out.String())
		require.Equal(t, 1, strings.Count(out.String(), "\n"))
	})
}

// Whatever stands around a secret, and whatever else a record holds, neither the
// line nor the record that is kept has it.
func FuzzSecretsStayHidden(f *testing.F) {
	f.Add("note", "plain", "?token=", "&x=1")
	f.Add("a.b", "\xff\x00\"}", "Authorization: Bearer ", "\n")
	f.Add("", "\u2028", "password=", "'")
	f.Add("token", "{", "https://x/?a=1&signature=", "\"")
	f.Fuzz(func(t *testing.T, key, value, before, after string) {
		const secret = "hunter2hunter2"
		if strings.Contains(secret, value) && value != "" || strings.Contains(key+before+after, secret) {
			t.Skip("it says the secret itself")
		}
		var out bytes.Buffer
		s := &shelf{}
		l := logs.New(logs.Options{Out: &out, Store: s})
		l.Logger().Info("x", slog.Group(key, slog.Any(key, logs.Secret(secret)), slog.String("apiKey", secret)),
			slog.Any(key, map[string]any{"password": secret, key: value}), slog.String(key, value),
			slog.Any("error", errors.New(value+before+"token="+secret+"&"+after)))
		require.NoError(t, l.Close(t.Context()))
		require.NotContains(t, out.String(), secret)
		kept, err := json.Marshal(s.all())
		require.NoError(t, err)
		require.NotContains(t, string(kept), secret)
	})
}
