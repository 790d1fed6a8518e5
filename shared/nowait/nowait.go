// Package nowait makes connections that cost the runtime less.
//
// It owns how their bytes are read and written. Go's monitor thread is woken by
// every system call that follows an idle moment, in case the call should block;
// for a process that is idle a thousand times a second that is a quarter of what
// it costs. Sockets never block: the runtime waits for them by itself. So their
// reads and writes are made without telling it.
//
// It promises that a connection behaves as the one that it was made from, with
// deadlines, half-closing and all; beneath TLS too. Whoever must not wait can
// [Try], and the Read of its RawConn does not wait either. Where the trick does
// not work (on systems other than Linux, for connections that are no sockets, or
// with the race detector, which has to see every call) that one is used as it is.
package nowait

import (
	"context"
	"net"
	"syscall"
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

// Trier is a connection that can be written to without waiting.
type Trier interface {
	// TryWrite writes what the other side has room for, which may be nothing.
	TryWrite(b []byte) (int, error)
}

// Try returns the Trier of a connection, or nil if it has none.
func Try(c net.Conn) Trier {
	if t, ok := c.(Trier); ok {
		return t
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return trier{raw}
}

// trier is for connections that are not ours.
type trier struct{ raw syscall.RawConn }

// TryWrite implements Trier.
func (t trier) TryWrite(b []byte) (n int, err error) {
	failed := t.raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), b)
		return true
	})
	switch {
	case failed != nil:
		return 0, failed
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return 0, nil
	}
	return max(n, 0), err
}
