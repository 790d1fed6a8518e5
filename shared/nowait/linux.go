//go:build linux && !race

package nowait

import (
	"io"
	"net"
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
func (c *conn) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	failed := c.raw.Read(func(fd uintptr) (done bool) {
		n, done, err = try(syscall.SYS_READ, fd, b)
		return done
	})
	switch {
	case failed != nil:
		return 0, failed
	case err != nil:
		return 0, &net.OpError{Op: "read", Net: "tcp", Addr: c.RemoteAddr(), Err: err}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (written int, err error) {
	for written < len(b) {
		n := 0
		failed := c.raw.Write(func(fd uintptr) (done bool) {
			n, done, err = try(syscall.SYS_WRITE, fd, b[written:])
			return done
		})
		written += n
		switch {
		case failed != nil:
			return written, failed
		case err != nil:
			return written, &net.OpError{Op: "write", Net: "tcp", Addr: c.RemoteAddr(), Err: err}
		}
	}
	return written, nil
}

// try makes one call that cannot wait; done is false if it would have to.
func try(call, fd uintptr, b []byte) (n int, done bool, err error) {
	for {
		got, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(got), true, nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, false, nil
		}
		return 0, true, errno
	}
}
