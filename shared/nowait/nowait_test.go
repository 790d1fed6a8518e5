package nowait_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/nowait"
)

// pair is a connection seen from both of its ends.
func pair(t *testing.T) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener := nowait.Listen(l)
	t.Cleanup(func() { _ = listener.Close() })
	client, err = nowait.Dial(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	server, err = listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client, server
}

func TestMoreThanASocketHoldsArrivesWhole(t *testing.T) {
	client, server := pair(t)
	sent := make([]byte, 8<<20)
	_, err := rand.Read(sent)
	require.NoError(t, err)
	written := make(chan error, 1)
	go func() {
		_, err := client.Write(sent)
		written <- errors.Join(err, client.(interface{ CloseWrite() error }).CloseWrite())
	}()
	got, err := io.ReadAll(server)
	require.NoError(t, err, "half-closing is the end")
	require.NoError(t, <-written)
	require.True(t, bytes.Equal(sent, got))
}

func TestWhoWaitsIsWokenByADeadlineOrTheEnd(t *testing.T) {
	client, server := pair(t)
	for _, in := range []time.Duration{-time.Second, 20 * time.Millisecond} {
		require.NoError(t, server.SetReadDeadline(time.Now().Add(in)))
		_, err := server.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	require.NoError(t, server.SetDeadline(time.Time{}))
	failed := make(chan error, 1)
	go func() {
		_, err := server.Read(make([]byte, 1))
		failed <- err
	}()
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-failed, net.ErrClosed)
	_, err := client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestAWriterWaitsForWhoeverDoesNotRead(t *testing.T) {
	client, _ := pair(t)
	require.NoError(t, client.SetWriteDeadline(time.Now().Add(50*time.Millisecond)))
	n, err := client.Write(make([]byte, 64<<20))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Less(t, n, 64<<20)
}

func TestAPoolSeesWhetherAConnectionStands(t *testing.T) {
	client, server := pair(t)
	peek := func() (n int, err error) {
		raw, failed := client.(syscall.Conn).SyscallConn()
		require.NoError(t, failed)
		n = -1
		require.NoError(t, raw.Read(func(fd uintptr) bool {
			n, _, err = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			return true
		}))
		return n, err
	}
	came := func(want int) func() bool {
		return func() bool {
			n, _ := peek()
			return n == want
		}
	}
	n, _ := peek()
	require.Equal(t, -1, n, "nothing has come")
	_, err := server.Write([]byte("x"))
	require.NoError(t, err)
	require.Eventually(t, came(1), time.Minute, time.Millisecond)
	_, err = client.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, server.Close())
	require.Eventually(t, came(0), time.Minute, time.Millisecond, "the end")
}

func TestTryWriteTakesWhatFits(t *testing.T) {
	client, server := pair(t)
	trier := nowait.Try(client)
	total := 0
	for {
		n, err := trier.TryWrite(make([]byte, 1<<20))
		require.NoError(t, err)
		if total += n; n < 1<<20 {
			break
		}
	}
	go func() { _, _ = io.CopyN(io.Discard, server, int64(total)) }()
	require.Eventually(t, func() bool {
		n, err := trier.TryWrite([]byte("x"))
		return n == 1 && err == nil
	}, time.Minute, time.Millisecond, "room again")
	require.NoError(t, client.Close())
	_, err := trier.TryWrite([]byte("x"))
	require.Error(t, err)
	in, _ := net.Pipe()
	require.Nil(t, nowait.Try(in), "not a socket")
}

func TestNobodyToDial(t *testing.T) {
	_, err := nowait.Dial(t.Context(), "tcp", "127.0.0.1:1")
	require.Error(t, err)
}
