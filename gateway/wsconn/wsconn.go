// Package wsconn is one WebSocket of a gateway.
//
// It owns the socket: gorilla/websocket shakes hands and reads; frames to the
// client are written here, whole, from bytes that many sockets share. It
// promises that
//   - an idle connection costs one goroutine, which reads, a small read buffer,
//     no write buffer and no timer;
//   - TryWrite never waits, so whoever delivers can do it for all;
//   - a client that breaks the protocol, or a limit, is told why.
package wsconn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"lastmile/gateway/hub"
	"lastmile/shared/nowait"
)

// Protocol is the subprotocol that a client must offer.
const Protocol = "lastmile.v1"

const (
	maxMessage   = 16 << 10        // bytes from a client
	closeTimeout = time.Second     // for a client to answer a close frame
	maxLinger    = 1 << 20         // read from a client after the end
	readBuffer   = 512             // bytes; frames of clients are small
	handshake    = 5 * time.Second // for writing the answer to the upgrade
	maxControls  = 50              // pings and pongs of a client in a second
)

// Upgrader turns requests into connections.
type Upgrader struct{ upgrader websocket.Upgrader }

// NewUpgrader returns an Upgrader for pages of the origins that allowed accepts;
// requests that name no origin, as from apps, are allowed.
func NewUpgrader(allowed func(*http.Request) bool) *Upgrader {
	return &Upgrader{websocket.Upgrader{
		HandshakeTimeout: handshake,
		ReadBufferSize:   readBuffer,
		WriteBufferPool:  new(sync.Pool),
		Subprotocols:     []string{Protocol},
		CheckOrigin:      allowed,
	}}
}

// Upgrade answers the request; if it cannot, it has told the client. The caller
// must leave its handler soon, and read on a goroutine of its own.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	ws, err := u.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	c := &Conn{ws: ws, net: ws.NetConn()}
	c.trier = nowait.Try(c.net)
	ws.SetPingHandler(func(data string) error {
		c.control(opPong, []byte(data))
		return c.controlled()
	})
	ws.SetPongHandler(func(string) error {
		if !c.inside {
			c.heard()
		}
		return c.controlled()
	})
	ws.SetCloseHandler(func(int, string) error { return nil })
	return c, nil
}

// Conn is one connection. One goroutine may Read; the rest is for the hub.
type Conn struct {
	ws    *websocket.Conn
	net   net.Conn
	trier nowait.Trier // nil if there is no way to write without waiting

	lastHeard atomic.Int64 // Unix seconds of the last whole frame
	mu        sync.Mutex   // held while writing
	midFrame  bool         // a frame has begun and not ended; guarded by mu
	closed    bool         // guarded by mu
	answered  bool         // both sides have said good-bye; owned by the reader, as the next three
	inside    bool         // a message has begun and not ended: pongs between its pieces are no sign of life
	second    int64        // in which controls were counted
	controls  int
}

// Format implements hub.Wire.
func (c *Conn) Format() hub.Format { return hub.WebSocket }

// Encode implements hub.Wire.
func (c *Conn) Encode(text []byte) []byte { return encode(opText, text) }

// TryWrite implements hub.Wire.
func (c *Conn) TryWrite(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tryWrite(b)
}

// tryWrite is TryWrite; mu is held.
func (c *Conn) tryWrite(b []byte) (n int, err error) {
	if c.trier == nil || c.closed {
		return 0, nil
	}
	n, err = c.trier.TryWrite(b)
	c.midFrame = n > 0 && n < len(b)
	return n, err
}

// WriteAll implements hub.Wire.
func (c *Conn) WriteAll(batch [][]byte, by time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	if err := c.net.SetWriteDeadline(by); err != nil {
		return err
	}
	c.midFrame = true
	all := net.Buffers(batch)
	if _, err := all.WriteTo(c.net); err != nil {
		return err
	}
	c.midFrame = false
	return c.net.SetWriteDeadline(time.Time{})
}

// Ping asks the client for a sign of life. It does not wait: a client that is
// being written to needs no ping.
func (c *Conn) Ping() { c.control(opPing, nil) }

// control sends a small frame if nothing is being written.
func (c *Conn) control(op byte, payload []byte) {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	if c.midFrame {
		return
	}
	b := encode(op, payload)
	if n, _ := c.tryWrite(b); n > 0 && n < len(b) {
		c.shut()
	}
}

// Close implements hub.Wire.
func (c *Conn) Close(why hub.Close) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if why.Code == hub.CodeGone || c.midFrame {
		c.shut()
		return
	}
	b := encodeClose(why.Code, why.Reason)
	if n, err := c.tryWrite(b); err != nil || n < len(b) {
		c.shut()
		return
	}
	c.closed = true
	_ = c.net.SetReadDeadline(time.Now().Add(closeTimeout))
}

// shut ends the socket without a word; mu is held.
func (c *Conn) shut() {
	c.closed = true
	_ = c.net.Close()
}

// LastHeard is when the client last sent anything whole.
func (c *Conn) LastHeard() time.Time { return time.Unix(c.lastHeard.Load(), 0) }

func (c *Conn) heard() { c.lastHeard.Store(time.Now().Unix()) }

// ReadBy sets a deadline for what is read next; zero means none.
func (c *Conn) ReadBy(t time.Time) { _ = c.net.SetReadDeadline(t) }

// ErrRefused means that the client was in the wrong and has been told.
var ErrRefused = errors.New("refused")

// Read returns the next message, which is the caller's. Its error ends the
// connection: call End.
func (c *Conn) Read() ([]byte, error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return nil, c.explain(err)
	}
	return c.readAll(kind, r)
}

// readAll returns the message that begins. It is apart from Read, which many
// goroutines wait in, with small stacks.
func (c *Conn) readAll(kind int, r io.Reader) ([]byte, error) {
	if kind != websocket.TextMessage {
		return nil, c.refuse(websocket.CloseUnsupportedData, "send text frames")
	}
	c.inside = true
	message, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	c.inside = false
	switch {
	case err != nil:
		return nil, c.explain(err)
	case len(message) > maxMessage:
		return nil, c.refuse(tooLong())
	case !utf8.Valid(message):
		return nil, c.refuse(websocket.CloseInvalidFramePayloadData, "text must be UTF-8")
	}
	c.heard()
	return message, nil
}

func tooLong() (code int, reason string) {
	return websocket.CloseMessageTooBig, fmt.Sprintf("a message may have %d bytes: send less at once", maxMessage)
}

// controlled ends the connection of a client that floods it with control frames,
// which no limit of messages counts.
func (c *Conn) controlled() error {
	if now := time.Now().Unix(); now != c.second {
		c.second, c.controls = now, 0
	}
	if c.controls++; c.controls > maxControls {
		return c.refuse(hub.CodeFlood, "too many control frames a second")
	}
	return nil
}

// explain answers a close frame, and a length that is none. Of other faults gorilla
// has told the client.
func (c *Conn) explain(err error) error {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed):
		c.Close(hub.Close{Code: websocket.CloseNormalClosure})
		c.answered = true
	case errors.Is(err, websocket.ErrReadLimit):
		return c.refuse(tooLong())
	}
	return err
}

func (c *Conn) refuse(code int, reason string) error {
	c.Close(hub.Close{Code: code, Reason: reason})
	return ErrRefused
}

// End closes the socket. What the client still sends is read for a moment, or
// the reason for the end might be lost on its way.
func (c *Conn) End() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	if half, ok := c.net.(interface{ CloseWrite() error }); ok && !c.answered && half.CloseWrite() == nil {
		_ = c.net.SetReadDeadline(time.Now().Add(closeTimeout))
		_, _ = io.Copy(io.Discard, io.LimitReader(c.net, maxLinger))
	}
	_ = c.net.Close()
}
