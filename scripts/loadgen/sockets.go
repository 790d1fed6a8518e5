package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// frame is what the gateway says, as far as it matters here.
type frame struct {
	Kind    string          `json:"t"`
	Data    json.RawMessage `json:"d"`
	Number  uint64          `json:"n"`
	Epoch   string          `json:"e"`
	Topic   string          `json:"s"`
	Welcome *struct{}       `json:"welcome"`
}

// dialer is thrifty: there may be thousands of sockets.
var dialer = websocket.Dialer{
	Subprotocols: []string{"lastmile.v1"}, HandshakeTimeout: callTimeout,
	ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
}

// listen opens a socket, waits until it is welcome, and has hear told of every
// event until ctx ends. It does not come back when it is closed: that is counted.
func (l *loader) listen(ctx context.Context, token string, topics []string, hear func(frame)) error {
	due := time.Now()
	conn, err := l.open(ctx, token, topics)
	l.connects.done(due, time.Now(), err)
	if err != nil {
		return err
	}
	l.listening.Go(func() {
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		for {
			var f frame
			if err := conn.ReadJSON(&f); err != nil {
				if ctx.Err() == nil {
					l.connects.done(due, time.Now(), fmt.Errorf("closed: %w", err))
				}
				return
			}
			hear(f)
			if f.Number > 0 && f.Topic == "" {
				_ = conn.WriteJSON(object{"ack": object{"e": f.Epoch, "n": f.Number}}) // a broken one ends the reading
			}
		}
	})
	return nil
}

// open connects and waits to be welcome.
func (l *loader) open(ctx context.Context, token string, topics []string) (*websocket.Conn, error) {
	at := map[string]*struct{}{}
	for _, t := range topics {
		at[t] = nil
	}
	conn, resp, err := dialer.DialContext(ctx, strings.Replace(l.api, "http", "ws", 1)+"/gateway/v1/socket", nil)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	_ = conn.SetReadDeadline(time.Now().Add(callTimeout))
	err = conn.WriteJSON(object{"hello": object{"token": token, "topics": at}})
	for err == nil {
		var f frame
		if err = conn.ReadJSON(&f); err == nil && f.Welcome != nil {
			return conn, conn.SetReadDeadline(time.Time{})
		}
	}
	_ = conn.Close()
	return nil, err
}
