package server_test

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
)

// Nothing but what was issued is a pass.
func FuzzPass(f *testing.F) {
	p, err := server.NewPasses(key, nil)
	require.NoError(f, err)
	issued, err := p.Issue(ann)
	require.NoError(f, err)
	f.Add(issued)
	f.Add("e30.e30")
	f.Add(".")
	f.Fuzz(func(t *testing.T, token string) {
		who, err := p.Authenticate(t.Context(), token)
		if err != nil {
			require.ErrorIs(t, err, server.ErrUnauthorized)
			return
		}
		require.Equal(t, ann, who, "%q", token)
	})
}

// Whatever a client sends, it is answered, or sent away with a code: the gateway
// goes on.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		`{"sub":{"topic":"order:12","at":{"e":"x","n":1}}}`, `{"unsub":"order:12"}`, `{"ack":{"e":"x","n":18446744073709551615}}`,
		`{"send":{"id":"1","t":"location","d":{}}}`, `{"token":"a.b"}`, `{"hello":{}}`, `{"ping":1}{`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	w := newWorld(f, engines["miniredis"].Addr())
	g := w.gateway(server.Options{})
	f.Fuzz(func(t *testing.T, message []byte) {
		token, err := w.passes.Issue(ann)
		require.NoError(t, err)
		s := open(t, g)
		s.say(map[string]any{"hello": map[string]any{"token": token}})
		require.NotNil(t, s.next().Welcome)
		_ = s.ws.WriteMessage(websocket.TextMessage, message)
		_ = s.ws.WriteMessage(websocket.TextMessage, []byte(`{"ping":4711}`)) // where the message has not ended it all
		require.NoError(t, s.ws.SetReadDeadline(time.Now().Add(patience)))
		for {
			_, answer, err := s.ws.ReadMessage()
			if err != nil {
				var why *websocket.CloseError
				require.ErrorAs(t, err, &why)
				require.NotEqual(t, websocket.CloseAbnormalClosure, why.Code)
				return
			}
			if string(answer) == `{"pong":4711}` {
				return
			}
		}
	})
}
