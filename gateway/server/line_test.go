package server

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/hub"
)

// clogged is a client that takes nothing until it is opened.
type clogged struct {
	http.ResponseWriter
	writing chan []byte
	open    chan struct{}
}

func (c *clogged) SetWriteDeadline(time.Time) error { return nil }

func (c *clogged) FlushError() error { return nil }

func (c *clogged) Write(b []byte) (int, error) {
	c.writing <- b
	<-c.open
	return len(b), nil
}

func TestNobodyWaitsForAClientOfEvents(t *testing.T) {
	w := &clogged{writing: make(chan []byte, 10), open: make(chan struct{})}
	e := newEvents(w)
	c := hub.New(func(*hub.Conn, string) {}).Open(e, nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.attend(t.Context(), c)
	}()
	e.Ping()
	require.Equal(t, ":\n\n", string(<-w.writing), "which waits")
	e.Ping()
	e.Ping()
	c.Close(hub.Close{Code: hub.CodeMoved, Reason: "this instance lost touch"})
	close(w.open)
	<-ended
	require.Error(t, e.WriteAll([][]byte{[]byte("data: too late\n\n")}, time.Now()))
	close(w.writing)
	var last []byte
	for last = range w.writing {
	}
	require.Equal(t, "event: close\ndata: {\"code\":4012,\"reason\":\"this instance lost touch\"}\n\n", string(last))
}
