package wsconn_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/gateway/hub"
	"lastmile/gateway/wsconn"
	"lastmile/shared/nowait"
)

const patience = 10 * time.Second

// serve listens as a gateway does.
func serve(h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Listener = nowait.Listen(s.Listener)
	s.Start()
	return s
}

// pair is a connection and the client at its other end.
func pair(t *testing.T) (*wsconn.Conn, *websocket.Conn) {
	u := wsconn.NewUpgrader(func(*http.Request) bool { return true })
	conns := make(chan *wsconn.Conn, 1)
	s := serve(func(w http.ResponseWriter, r *http.Request) {
		c, err := u.Upgrade(w, r)
		require.NoError(t, err)
		conns <- c
	})
	t.Cleanup(s.Close)
	d := websocket.Dialer{Subprotocols: []string{wsconn.Protocol}}
	client, _, err := d.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	require.Equal(t, wsconn.Protocol, client.Subprotocol())
	require.NoError(t, client.SetReadDeadline(time.Now().Add(patience)))
	c := <-conns
	t.Cleanup(c.End)
	return c, client
}

func TestFramesOfEverySizeArriveWhole(t *testing.T) {
	c, client := pair(t)
	for _, size := range []int{0, 1, 125, 126, 1 << 10, 1<<16 - 1, 1 << 16, 1 << 18} {
		text := bytes.Repeat([]byte("x"), size)
		frame := c.Encode(text)
		n, err := c.TryWrite(frame)
		require.NoError(t, err)
		if n < len(frame) {
			go func() { _ = c.WriteAll([][]byte{frame[n:]}, time.Now().Add(patience)) }()
		}
		kind, got, err := client.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, websocket.TextMessage, kind)
		require.Equal(t, size, len(got))
	}
}

func TestTryWriteNeverWaits(t *testing.T) {
	c, _ := pair(t)
	frame := c.Encode(bytes.Repeat([]byte("x"), 1<<20))
	full := false
	for range 100 {
		n, err := c.TryWrite(frame)
		require.NoError(t, err)
		if n < len(frame) {
			full = true
			break
		}
	}
	require.True(t, full, "nobody reads, so it fills up")
	c.Ping() // in the middle of a frame: it must not be written
	require.Error(t, c.WriteAll([][]byte{frame}, time.Now().Add(10*time.Millisecond)), "nor does WriteAll wait for ever")
}

func TestAReasonArrives(t *testing.T) {
	c, client := pair(t)
	c.Close(hub.Close{Code: hub.CodeMoved, Reason: strings.Repeat("because ", 100)})
	c.Close(hub.Close{Code: hub.CodeSlow, Reason: "too late"})
	_, _, err := client.ReadMessage()
	var why *websocket.CloseError
	require.ErrorAs(t, err, &why)
	require.Equal(t, hub.CodeMoved, why.Code)
	require.Len(t, why.Text, 123, "as much as fits")
	_, err = c.Read()
	require.Error(t, err)
}

func TestAPingIsAnsweredAndCounts(t *testing.T) {
	c, client := pair(t)
	require.Equal(t, int64(0), c.LastHeard().Unix())
	reading := make(chan error, 1)
	go func() {
		_, err := c.Read()
		reading <- err
	}()
	go func() { _, _, _ = client.ReadMessage() }() // answers pings
	require.Eventually(t, func() bool {
		c.Ping()
		return c.LastHeard().Unix() > 0
	}, patience, time.Millisecond)
	require.NoError(t, client.WriteMessage(websocket.TextMessage, []byte("hello")))
	require.NoError(t, <-reading)
}

func TestAPongWithinAMessageIsNoSignOfLife(t *testing.T) {
	c, client := pair(t)
	reading := make(chan error, 1)
	go func() {
		_, err := c.Read()
		reading <- err
	}()
	send := func(frame ...byte) {
		_, err := client.NetConn().Write(frame)
		require.NoError(t, err)
	}
	answered := make(chan bool, 1)
	client.SetPongHandler(func(string) error {
		answered <- true
		return nil
	})
	go func() { _, _, _ = client.ReadMessage() }()
	send(0x01, 0x81, 0, 0, 0, 0, 'x') // a message begins
	send(0x8a, 0x80, 0, 0, 0, 0)      // a pong
	send(0x89, 0x80, 0, 0, 0, 0)      // a ping, which is answered after both
	<-answered
	require.Zero(t, c.LastHeard().Unix(), "or pieces without end would go on for ever")
	send(0x80, 0x80, 0, 0, 0, 0) // and ends
	require.NoError(t, <-reading)
	require.NotZero(t, c.LastHeard().Unix())
}

func BenchmarkTryWrite(b *testing.B) {
	u := wsconn.NewUpgrader(func(*http.Request) bool { return true })
	conns := make(chan *wsconn.Conn, 1)
	s := serve(func(w http.ResponseWriter, r *http.Request) {
		c, err := u.Upgrade(w, r)
		if err == nil {
			conns <- c
		}
	})
	defer s.Close()
	client, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
	require.NoError(b, err)
	defer client.Close()
	go func() {
		for {
			if _, _, err := client.ReadMessage(); err != nil {
				return
			}
		}
	}()
	c := <-conns
	defer c.End()
	frame := c.Encode(bytes.Repeat([]byte("x"), 250))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := c.TryWrite(frame); err != nil || n < len(frame) {
			if err := c.WriteAll([][]byte{frame[n:]}, time.Now().Add(patience)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
