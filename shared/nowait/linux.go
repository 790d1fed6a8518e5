//go:build linux && !race

package nowait

import (
	"io"
	"net"
	"sync"
	"syscall"
	"unsafe"
)

func wrap(c net.Conn) net.Conn {
	socket, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return c
	}
	return &conn{socket, raw}
}

// conn is a socket whose reads and writes the runtime is not told of.
type conn struct {
	*net.TCPConn
	raw syscall.RawConn
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	a := begin(syscall.SYS_READ, b)
	return c.taken(a, c.raw.Read(a.wait))
}

// taken is what a read came to. It is apart from Read, which many goroutines wait
// in, with small stacks.
func (c *conn) taken(a *attempt, failed error) (int, error) {
	n, err := a.end()
	switch {
	case failed != nil:
		return 0, failed
	case err != nil:
		return 0, c.fault("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (written int, err error) {
	for written < len(b) {
		a := begin(syscall.SYS_WRITE, b[written:])
		failed := c.raw.Write(a.wait)
		n, err := a.end()
		written += n
		switch {
		case failed != nil:
			return written, failed
		case err != nil:
			return written, c.fault("write", err)
		}
	}
	return written, nil
}

// TryWrite implements Trier.
func (c *conn) TryWrite(b []byte) (int, error) {
	a := begin(syscall.SYS_WRITE, b)
	failed := c.raw.Write(a.once)
	n, err := a.end()
	switch {
	case failed != nil:
		return 0, failed
	case err != nil:
		return 0, c.fault("write", err)
	}
	return n, nil
}

// SyscallConn implements syscall.Conn.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return probe{c.raw}, nil }

// probe is how pools ask before each use whether a connection still stands.
type probe struct{ syscall.RawConn }

// Read calls f only if something has come, or the end: for whoever would not wait,
// there is nothing else to see.
func (p probe) Read(f func(fd uintptr) (done bool)) error {
	return p.RawConn.Read(func(fd uintptr) bool {
		var next [1]byte
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&next)), 1, syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
		if errno == syscall.EAGAIN {
			return true
		}
		f(fd)
		return true
	})
}

func (c *conn) fault(what string, err error) error {
	return &net.OpError{Op: what, Net: "tcp", Addr: c.RemoteAddr(), Err: err}
}

// attempt is a call that cannot wait. What a RawConn is given escapes, so they are
// used again.
type attempt struct {
	call uintptr
	b    []byte
	n    int
	err  error

	wait, once func(fd uintptr) (done bool) // try, and be called again; or not
}

var attempts = sync.Pool{New: func() any {
	a := new(attempt)
	a.wait = a.try
	a.once = func(fd uintptr) bool {
		a.try(fd)
		return true
	}
	return a
}}

func begin(call uintptr, b []byte) *attempt {
	a := attempts.Get().(*attempt)
	a.call, a.b = call, b
	return a
}

func (a *attempt) end() (n int, err error) {
	n, err = a.n, a.err
	a.b, a.n, a.err = nil, 0, nil
	attempts.Put(a)
	return n, err
}

// try makes the call; done is false if it would have to wait.
func (a *attempt) try(fd uintptr) (done bool) {
	for {
		got, _, errno := syscall.RawSyscall(a.call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(a.b))), uintptr(len(a.b)))
		switch errno {
		case 0:
			a.n = int(got)
			return true
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		a.err = errno
		return true
	}
}
