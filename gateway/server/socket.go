package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"lastmile/gateway/hub"
	"lastmile/gateway/wsconn"
)

// tokenPrefix marks the subprotocol that is a token: a page cannot send headers.
const tokenPrefix = "token."

// serveSocket lets go of the request and its buffers: the connection is read on
// a goroutine of its own.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w) {
		return
	}
	token := offered(r)
	conn, err := s.upgrader.Upgrade(w, r)
	if err != nil {
		s.dismiss()
		return
	}
	go s.meet(conn, token)
}

// offered returns the token among the subprotocols that the client offers.
func offered(r *http.Request) string {
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for p := range strings.SplitSeq(line, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(p), tokenPrefix); ok {
				return token
			}
		}
	}
	return ""
}

// meet lets a client in, or not; the server waits for that, and for what follows.
// It reads on in a goroutine of its own: saying hello needs a large stack, once,
// and most who wait for a client's next word fit into the smallest there is.
func (s *Server) meet(conn *wsconn.Conn, token string) {
	if c := s.greet(conn, token); c != nil {
		go c.read(conn)
		return
	}
	conn.End()
	s.dismiss()
}

// read serves a connection until it ends.
func (c *session) read(conn *wsconn.Conn) {
	defer c.part(conn)
	for {
		message, err := conn.Read()
		if err != nil || !c.handle(c.server.running, message) {
			return
		}
	}
}

// part is the end of a connection.
func (c *session) part(conn *wsconn.Conn) {
	defer c.server.dismiss()
	defer conn.End()
	c.end()
}

// greet waits for the hello. nil means that the client was not let in, and knows.
func (s *Server) greet(conn *wsconn.Conn, token string) *session {
	conn.ReadBy(time.Now().Add(s.options.HelloTimeout))
	message, err := conn.Read()
	if err != nil {
		conn.Close(hub.Close{Code: hub.CodeUnauthorized, Reason: "the first frame must be a hello"})
		return nil
	}
	conn.ReadBy(time.Time{})
	var in inbound
	if err := json.Unmarshal(message, &in); err != nil || in.Hello == nil {
		conn.Close(hub.Close{Code: hub.CodeBadFrame, Reason: "the first frame must be a hello"})
		return nil
	}
	if in.Hello.Token == "" {
		in.Hello.Token = token
	}
	ctx, cancel := context.WithTimeout(s.running, opTimeout)
	defer cancel()
	return s.begin(ctx, conn, *in.Hello)
}
