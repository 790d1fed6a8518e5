package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/gateway/server"
	"lastmile/shared/auth"
	"lastmile/shared/bus"
	"lastmile/shared/event"
	"lastmile/shared/realtime"
)

// app is the app of a client, at the API of a stack.
type app struct {
	t     *testing.T
	stack *stack.Stack
	token string
}

func (a app) call(method, path string, body, out any) int {
	a.t.Helper()
	sent, err := json.Marshal(body)
	require.NoError(a.t, err)
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.stack.URL+path, bytes.NewReader(sent))
	require.NoError(a.t, err)
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	if out != nil {
		require.NoError(a.t, json.NewDecoder(resp.Body).Decode(out))
	}
	return resp.StatusCode
}

type pushes struct {
	Pushes []struct {
		Kind, Text, Outcome string
		Devices             []string
	}
}

func (a app) pushes() pushes {
	var p pushes
	require.NoError(a.t, a.stack.Call(a.t.Context(), "GET", "/v1/pushes?client=courier:ada", nil, &p))
	return p
}

// notice is an offer to courier ada.
func notice(id event.ID) *event.ClientNotice {
	return &event.ClientNotice{
		Header: event.Header{ID: id}, To: []string{"courier:ada", "topic order:12"}, Kind: "offer.made", Subject: "offer:1",
		Data: json.RawMessage(`{"offer":"1"}`),
	}
}

func TestWhoHasNoSocketIsPushedAndWhoHasOneIsNot(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	b, err := bus.Open(t.Context(), bus.Options{Project: s.Config.Project, EmulatorHost: s.Config.PubSubEmulator})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	ada, bob := app{t, s, s.Token(auth.Courier, "ada")}, app{t, s, s.Token(auth.Courier, "bob")}
	var device struct{ ID string }
	require.Equal(t, http.StatusCreated, ada.call("POST", "/v1/devices", object{"token": "phone", "platform": "android"}, &device))
	var devices struct{ Devices []any }
	require.Equal(t, http.StatusOK, bob.call("GET", "/v1/devices", nil, &devices))
	require.Empty(t, devices.Devices)
	require.Equal(t, http.StatusNotFound, bob.call("DELETE", "/v1/devices/"+device.ID, nil, nil), "it is another's")

	for range 2 {
		require.NoError(t, b.Publish(t.Context(), notice("n1")))
	}
	require.Eventually(t, func() bool { return len(ada.pushes().Pushes) == 1 }, 20*time.Second, 10*time.Millisecond)

	pass, err := s.Pass(server.Identity{Client: realtime.Client("courier", "ada")})
	require.NoError(t, err)
	d := websocket.Dialer{Subprotocols: []string{"lastmile.v1", "token." + pass}}
	ws, _, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/gateway/v1/socket", nil)
	require.NoError(t, err)
	defer ws.Close()
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(20*time.Second)))
	require.NoError(t, ws.WriteJSON(object{"hello": object{}}))
	next := func() (f struct {
		N       int
		T       string
		Welcome *struct{}
	}) {
		require.NoError(t, ws.ReadJSON(&f))
		return f
	}
	require.NotNil(t, next().Welcome)
	require.Equal(t, 1, next().N, "what was only pushed is in the stream as well, once")
	require.NoError(t, b.Publish(t.Context(), notice("n2")))
	f := next()
	require.Equal(t, 2, f.N)
	require.Equal(t, "offer.made", f.T)

	p := ada.pushes()
	require.Len(t, p.Pushes, 1)
	require.Equal(t, "A new delivery is on offer", p.Pushes[0].Text)
	require.Equal(t, "sent", p.Pushes[0].Outcome)
	require.Equal(t, []string{device.ID}, p.Pushes[0].Devices)
	require.Equal(t, http.StatusNoContent, ada.call("DELETE", "/v1/devices/"+device.ID, nil, nil))
}
