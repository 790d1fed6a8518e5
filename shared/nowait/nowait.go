// Package nowait makes connections that cost the runtime less.
//
// It owns how their bytes are read and written. Go's monitor thread is woken by
// every system call that follows an idle moment, in case the call should block;
// for a process that is idle a thousand times a second that is a quarter of what
// it costs. Sockets never block: the runtime waits for them by itself. So their
// reads and writes are made without telling it.
//
// It promises that a connection behaves as the one that it was made from, with
// deadlines, half-closing and all. Where the trick does not work (on systems
// other than Linux, for connections that are no sockets, or with the race
// detector, which has to see every call) that one is used as it is.
package nowait

import (
	"context"
	"net"
)

// Dial connects as [net.Dialer] does.
func Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return wrap(c), nil
}

// Listen returns a listener whose connections are such as Dial makes.
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return wrap(c), nil
}
