package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
	"lastmile/gateway/wsconn"
	"lastmile/shared/realtime"
)

// Each hostile client is told why it is sent away, and costs the others nothing.
func TestHostileClients(t *testing.T) { onEachRedis(t, hostile) }

func hostile(t *testing.T, w *world) {
	g := w.gateway(server.Options{HelloTimeout: 200 * time.Millisecond, PerClient: 3, MaxTopics: 3, FrameRate: 20})
	stranger, err := server.NewPasses("another key, as long", nil)
	require.NoError(t, err)
	forged, err := stranger.Issue(ann)
	require.NoError(t, err)
	expired := ann
	expired.Expires = time.Now().Add(-time.Minute)
	hello := func(s *socket, token string) { s.say(map[string]any{"hello": map[string]any{"token": token}}) }
	inside := func(act func(*socket)) func(*socket) {
		return func(s *socket) {
			hello(s, w.token(ann))
			require.NotNil(t, s.next().Welcome)
			act(s)
		}
	}
	raw := func(kind int, data []byte) func(*socket) {
		return func(s *socket) { require.NoError(t, s.ws.WriteMessage(kind, data)) }
	}
	bystander, _ := w.enter(g, bob, nil)
	require.NotNil(t, bystander.next().Joined)

	for name, tc := range map[string]struct {
		act  func(*socket)
		code int
		says string
	}{
		"says nothing":             {func(*socket) {}, 4001, "hello"},
		"starts without hello":     {raw(websocket.TextMessage, []byte(`{"ping":1}`)), 4000, "hello"},
		"has no token":             {func(s *socket) { hello(s, "") }, 4001, "signature"},
		"forges a token":           {func(s *socket) { hello(s, forged) }, 4001, "signature"},
		"changes a token":          {func(s *socket) { hello(s, "x"+w.token(ann)) }, 4001, "signature"},
		"has an old token":         {func(s *socket) { hello(s, w.token(expired)) }, 4001, "expired"},
		"asks for too many topics": {raw(websocket.TextMessage, []byte(`{"hello":{"token":"`+w.token(ann)+`","topics":{"a:1":null,"a:2":null,"a:3":null,"a:4":null}}}`)), 4000, "topics"},
		"sends an oversized frame": {inside(raw(websocket.TextMessage, bytes.Repeat([]byte("x"), 1<<20))), 1009, "16384 bytes"},
		"sends a byte too many":    {inside(raw(websocket.TextMessage, bytes.Repeat([]byte("x"), 16<<10+1))), 1009, "16384 bytes"},
		"sends all that it may":    {inside(raw(websocket.TextMessage, bytes.Repeat([]byte("x"), 16<<10))), 4000, "protocol"},
		"sends bad UTF-8":          {inside(raw(websocket.TextMessage, []byte("{\"ping\":\xff}"))), 1007, "UTF-8"},
		"sends binary":             {inside(raw(websocket.BinaryMessage, []byte("{}"))), 1003, "text"},
		"sends no JSON":            {inside(raw(websocket.TextMessage, []byte("hello?"))), 4000, "protocol"},
		"asks for nothing":         {inside(raw(websocket.TextMessage, []byte("{}"))), 4000, "nothing"},
		"renews with another's":    {inside(func(s *socket) { s.say(map[string]any{"token": w.token(bob)}) }), 4001, "another"},
		"renews with a forged one": {inside(func(s *socket) { s.say(map[string]any{"token": forged}) }), 4001, "signature"},
		"floods": {inside(func(s *socket) {
			for i := 0; i < 200 && s.ws.WriteJSON(map[string]any{"ping": i}) == nil; i++ {
				continue
			}
		}), 4029, "too many"},
		"pings without end": {inside(func(s *socket) {
			for range 500 {
				_ = s.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)) // until it is sent away
			}
		}), 4029, "control frames"},
		"sends a message in endless pieces": {inside(func(s *socket) {
			sendFrame(s, 0x01, 125)
			for range 200 {
				sendFrame(s, 0x00, 125)
			}
		}), 1009, "16384 bytes"},
		"sends what is compressed": {inside(func(s *socket) { sendFrame(s, 0xc1, 125) }), 1002, "RSV1"},
		"sends a frame of 2^62 bytes": {inside(func(s *socket) {
			_, _ = s.ws.NetConn().Write([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
			_, _ = s.ws.NetConn().Write(make([]byte, 20<<10))
		}), 1009, "16384 bytes"},
		"sends a frame of less than nothing": {inside(func(s *socket) {
			_, _ = s.ws.NetConn().Write([]byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
		}), 1009, "16384 bytes"},
		"sends what is not masked":        {inside(func(s *socket) { _, _ = s.ws.NetConn().Write([]byte{0x81, 0x01, 'x'}) }), 1002, "MASK"},
		"sends a control frame in pieces": {inside(func(s *socket) { sendFrame(s, 0x09, 0) }), 1002, "FIN"},
		"continues what has not begun":    {inside(func(s *socket) { sendFrame(s, 0x80, 1) }), 1002, "continuation"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, g)
			tc.act(s)
			why := s.closed()
			require.Equal(t, tc.code, why.Code)
			require.Contains(t, why.Text, tc.says)
		})
	}
	t.Run("opens too many connections", func(t *testing.T) {
		require.Eventually(t, func() bool { return g.Counts().Conns == 1 }, patience, time.Millisecond)
		for range 3 {
			w.enter(g, ann, nil)
		}
		s := open(t, g)
		hello(s, w.token(ann))
		require.Equal(t, 4013, s.closed().Code)
	})
	t.Run("subscribes without end", func(t *testing.T) {
		s, _ := w.enter(g, server.Identity{Client: realtime.Client("customer", "cat"), Topics: []string{"*"}}, nil)
		for i := range 4 {
			s.say(map[string]any{"sub": map[string]any{"topic": fmt.Sprintf("order:%d", i)}})
		}
		for range 3 {
			require.NotNil(t, s.next().Joined)
		}
		require.Equal(t, "at most 3 topics", s.next().Refused.Why)
	})
	t.Run("is a page of another origin", func(t *testing.T) {
		_, answer, err := dial(t, g.url, http.Header{"Origin": {"https://evil.example"}})
		require.Error(t, err)
		require.Equal(t, http.StatusForbidden, answer.StatusCode)
	})

	bystander.say(map[string]any{"ping": 1})
	require.NotNil(t, bystander.next().Pong, "the others do not notice")
}

// sendFrame writes n zeros as a frame that begins with this byte.
func sendFrame(s *socket, first byte, n byte) {
	_, _ = s.ws.NetConn().Write(append([]byte{first, 0x80 | n, 0, 0, 0, 0}, make([]byte, n)...)) // until it is sent away
}

func TestNothingIsCompressed(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g := w.gateway(server.Options{})
	d := websocket.Dialer{Subprotocols: []string{wsconn.Protocol}, EnableCompression: true}
	ws, answer, err := d.Dial("ws"+strings.TrimPrefix(g.url, "http")+"/v1/socket", nil)
	require.NoError(t, err)
	defer ws.Close()
	require.Empty(t, answer.Header.Get("Sec-WebSocket-Extensions"), "so there is nothing to blow up")
}

func TestABodyThatDribblesInIsCutOff(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g := w.gateway(server.Options{HelloTimeout: 100 * time.Millisecond})
	for name, head := range map[string]string{
		"a hello":                  "POST /v1/events HTTP/1.1\r\n",
		"what comes after a hello": "POST /v1/events HTTP/1.1\r\nAuthorization: Bearer " + w.token(ann) + "\r\n",
		"an acknowledgement":       "POST /v1/acks HTTP/1.1\r\nAuthorization: Bearer " + w.token(ann) + "\r\n",
		"of a page of a stranger":  "POST /v1/events HTTP/1.1\r\nOrigin: https://evil.example\r\n",
		"that nobody reads":        "POST /v1/nothing HTTP/1.1\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprint(conn, head+"Host: x\r\nContent-Length: 1000\r\n\r\n{}")
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
			_, err = io.Copy(io.Discard, conn)
			require.NoError(t, err, "the gateway ends it")
		})
	}
}

func TestASlowLorisIsCutOff(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g := w.gateway(server.Options{HelloTimeout: 100 * time.Millisecond})
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprint(conn, "GET /v1/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	_, err = conn.Write([]byte{0x81, 0xfe, 0x10}) // a frame that never ends
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	var all bytes.Buffer
	_, err = all.ReadFrom(in)
	require.NoError(t, err, "the gateway ends it")
	require.Contains(t, all.String(), "the first frame must be a hello")
}

func TestTheHouseIsFull(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g := w.gateway(server.Options{MaxConns: 1})
	w.enter(g, ann, nil)
	_, answer, err := dial(t, g.url, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
}

func TestAPageOfAListedOriginMayConnect(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g := w.gateway(server.Options{Origins: []string{"https://shop.example"}})
	for _, origin := range []string{"https://shop.example", g.url, ""} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		ws, _, err := dial(t, g.url, header)
		require.NoError(t, err)
		require.NoError(t, ws.Close())
	}
}

func TestPasses(t *testing.T) {
	_, err := server.NewPasses("short", nil)
	require.ErrorContains(t, err, "openssl rand")
	p, err := server.NewPasses(key, nil)
	require.NoError(t, err)
	who := ann
	who.Expires = time.Now().Add(time.Hour).Truncate(time.Second)
	token, err := p.Issue(who)
	require.NoError(t, err)
	got, err := p.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, who, got)
	for name, bad := range map[string]string{
		"empty": "", "cut": token[:len(token)-2], "no signature": strings.Split(token, ".")[0], "nonsense": "a.b.c",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Authenticate(t.Context(), bad)
			require.ErrorIs(t, err, server.ErrUnauthorized)
		})
	}
}
