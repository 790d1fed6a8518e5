package server_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
)

// stream is a client that cannot open a WebSocket.
type stream struct {
	t    testing.TB
	body io.ReadCloser
	in   *bufio.Reader
}

func (w *world) stream(g *gateway, who server.Identity, hello string) *stream {
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, g.url+"/v1/events", strings.NewReader(hello))
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+w.token(who))
	answer, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = answer.Body.Close() })
	require.Equal(w.t, "text/event-stream", answer.Header.Get("Content-Type"))
	return &stream{w.t, answer.Body, bufio.NewReader(answer.Body)}
}

// line is the next line that is not empty.
func (s *stream) line() string {
	for {
		line, err := s.in.ReadString('\n')
		require.NoError(s.t, err)
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
}

func (s *stream) next() (f frame) {
	data, ok := strings.CutPrefix(s.line(), "data: ")
	require.True(s.t, ok)
	require.NoError(s.t, json.Unmarshal([]byte(data), &f))
	return f
}

func TestEventsWithoutWebSocket(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		g, p := w.gateway(server.Options{}), w.publisher()
		s := w.stream(g, ann, `{"topics":{"order:12":null}}`)
		at := s.next().Welcome
		require.Equal(t, "order:12", s.next().Joined.Stream)
		publish(t, p, ann.Client, "note", 1)
		require.EqualValues(t, 1, s.next().Number)

		ack, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+"/v1/acks", strings.NewReader(`{"e":"`+at.Epoch+`","n":1}`))
		require.NoError(t, err)
		ack.Header.Set("Authorization", "Bearer "+w.token(ann))
		answer, err := http.DefaultClient.Do(ack)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusNoContent, answer.StatusCode)

		require.NoError(t, s.body.Close())
		require.Eventually(t, func() bool { return g.Counts().Conns == 0 }, patience, time.Millisecond)
		publish(t, p, ann.Client, "note", 2)
		s = w.stream(g, ann, `{"at":{"e":"`+at.Epoch+`","n":1}}`)
		require.NotNil(t, s.next().Welcome)
		require.EqualValues(t, 2, s.next().Number)

		require.NoError(t, p.Disconnect(t.Context(), ann.Client, "", "signed out"))
		require.Equal(t, "event: close", s.line())
		require.Equal(t, `data: {"code":4010,"reason":"signed out"}`, s.line())
		_, err = s.in.ReadByte()
		require.NoError(t, err)
		_, err = s.in.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	})
}

func TestALongPastReachesWhoHasNoWebSocket(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		g, p := w.gateway(server.Options{}), w.publisher()
		big := strings.Repeat("x", 10_000)
		for range 60 {
			publish(t, p, ann.Client, "note", big)
		}
		s := w.stream(g, ann, `{}`)
		require.NotNil(t, s.next().Welcome)
		for n := range 60 {
			require.EqualValues(t, n+1, s.next().Number)
		}
		publish(t, p, ann.Client, "note", "new")
		require.EqualValues(t, 61, s.next().Number)
	})
}

func TestEventsRefuse(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g := w.gateway(server.Options{})
	for name, tc := range map[string]struct {
		path, body, token, origin string
		status                    int
		says                      string
	}{
		"no hello":           {"/v1/events", "?", w.token(ann), "", http.StatusBadRequest, "hello"},
		"an endless hello":   {"/v1/events", `{"token":"` + strings.Repeat("x", 1<<20) + `"}`, "", "", http.StatusBadRequest, "hello"},
		"a forged token":     {"/v1/events", "{}", "forged", "", http.StatusOK, "4001"},
		"another origin":     {"/v1/events", "{}", w.token(ann), "https://evil.example", http.StatusForbidden, "origin"},
		"an ack of a forger": {"/v1/acks", `{"e":"x","n":1}`, "forged", "", http.StatusUnauthorized, "signature"},
		"an ack of nothing":  {"/v1/acks", `{}`, w.token(ann), "", http.StatusBadRequest, "epoch"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+tc.path, strings.NewReader(tc.body))
			require.NoError(t, err)
			r.Header.Set("Authorization", "Bearer "+tc.token)
			if tc.origin != "" {
				r.Header.Set("Origin", tc.origin)
			}
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Equal(t, tc.status, answer.StatusCode)
			require.Contains(t, string(body), tc.says)
		})
	}
}
