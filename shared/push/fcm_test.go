package push_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"

	"lastmile/shared/push"
	"lastmile/shared/realtime"
)

// service is Firebase Cloud Messaging, that answers in turn; the last answer stays.
type service struct {
	answers []answer
	paths   []string
	got     []map[string]any
}

type answer struct {
	code int
	body string
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct{ Message map[string]any }
	_ = json.NewDecoder(r.Body).Decode(&body)
	s.paths, s.got = append(s.paths, r.URL.Path), append(s.got, body.Message)
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return &http.Response{
		StatusCode: a.code, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

func (s *service) send(t *testing.T, n realtime.Notice) error {
	f := push.NewFCM("p1", option.WithHTTPClient(&http.Client{Transport: s}))
	return f.Send(t.Context(), push.Device{ID: "d", Token: "phone"}, "0123456789abcdef0123456789", n)
}

var taken = answer{200, `{"name":"projects/p1/messages/1"}`}

func TestFCMAnswers(t *testing.T) {
	unregistered := answer{404, `{"error":{"code":404,"status":"NOT_FOUND","details":[{"errorCode":"UNREGISTERED"}]}}`}
	busy := answer{503, `{"error":{"code":503,"status":"UNAVAILABLE"}}`}
	for name, tc := range map[string]struct {
		answers []answer
		calls   int
		is      error
		says    string
	}{
		"taken":                         {answers: []answer{taken}, calls: 1},
		"an app that was removed":       {answers: []answer{unregistered}, calls: 1, is: push.ErrGone},
		"a token that is none":          {answers: []answer{{400, `{"error":{"code":400,"details":[{"fieldViolations":[{"field":"message.token"}]}]}}`}}, calls: 1, is: push.ErrGone},
		"a message that is none":        {answers: []answer{{400, `{"error":{"code":400,"message":"bad ttl"}}`}}, calls: 1, says: "bad ttl"},
		"a project that is none":        {answers: []answer{{404, `{"error":{"code":404,"message":"no project"}}`}}, calls: 1, says: "no project"},
		"a service that is busy once":   {answers: []answer{busy, {429, `{}`}, taken}, calls: 3},
		"a service that stays busy":     {answers: []answer{busy}, calls: 3, says: "503"},
		"a service that lets nobody in": {answers: []answer{{403, `{"error":{"code":403,"message":"sign in"}}`}}, calls: 1, says: "sign in"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: tc.answers}
				err := s.send(t, offer(1))
				require.Len(t, s.got, tc.calls)
				switch {
				case tc.is != nil:
					require.ErrorIs(t, err, tc.is)
				case tc.says != "":
					require.ErrorContains(t, err, tc.says)
					require.NotErrorIs(t, err, push.ErrGone)
				default:
					require.NoError(t, err)
				}
			})
		})
	}
}

func TestWhatFCMIsSent(t *testing.T) {
	s := &service{answers: []answer{taken}}
	n := offer(1)
	n.Data, n.Until = json.RawMessage(`{"order":"12"}`), time.Now().Add(time.Minute)
	require.NoError(t, s.send(t, n))
	require.Equal(t, "/v1/projects/p1/messages:send", s.paths[0])
	m := s.got[0]
	require.Equal(t, "phone", m["token"])
	require.Equal(t, map[string]any{"body": "offer 1"}, m["notification"])
	require.Equal(t, map[string]any{"id": "0123456789abcdef0123456789", "kind": "offer.made", "data": `{"order":"12"}`}, m["data"])
	android := m["android"].(map[string]any)
	require.Contains(t, []any{"59s", "60s"}, android["ttl"])
	require.Equal(t, map[string]any{"tag": "0123456789abcdef0123456789"}, android["notification"], "a second one takes the place of the first")
	require.Equal(t, "0123456789abcdef0123456789", m["apns"].(map[string]any)["headers"].(map[string]any)["apns-collapse-id"])
	require.Equal(t, "0123456789abcdef0123456789", m["webpush"].(map[string]any)["headers"].(map[string]any)["Topic"])

	n.Data = json.RawMessage(`"` + strings.Repeat("x", 4096) + `"`)
	require.NoError(t, s.send(t, n))
	require.NotContains(t, s.got[1]["data"], "data", "what does not fit is fetched")
}

// Whatever FCM answers, the push went, or there is an error.
func FuzzFCMAnswer(f *testing.F) {
	f.Add(200, taken.body)
	f.Add(404, `{"error":{"code":404,"details":[{"errorCode":"UNREGISTERED"}]}}`)
	f.Add(400, `{"error":{"message":"message.token"}}`)
	f.Fuzz(func(t *testing.T, code int, body string) {
		if code < 200 || code >= 500 || code == http.StatusTooManyRequests {
			return // no answer, or one that is asked for again after a pause
		}
		synctest.Test(t, func(t *testing.T) {
			err := (&service{answers: []answer{{code, body}}}).send(t, realtime.Notice{ID: "1", Text: "x"})
			if code >= 300 && code != http.StatusNotModified {
				require.Error(t, err)
			}
		})
	})
}
