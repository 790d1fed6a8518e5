package e2e_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// link is a network between clients and one service. It can be slow, and it can
// be cut: then nothing arrives on either side, and nobody is told.
type link struct {
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	target string                // guarded by mu
	delay  time.Duration         // of every packet in each direction; guarded by mu
	open   chan struct{}         // closed unless the link is cut; guarded by mu
	conns  map[net.Conn]struct{} // guarded by mu; nil once the link is closed
}

func newLink(t *testing.T, target string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &link{listener: listener, target: target, open: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	close(l.open)
	l.running.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

func (l *link) addr() string { return l.listener.Addr().String() }

// lead has new connections go to another address, and ends the old ones.
func (l *link) lead(target string) {
	l.mu.Lock()
	l.target = target
	l.mu.Unlock()
	l.drop()
}

func (l *link) slow(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = d
}

// cut lets nothing pass until the link is mended.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = make(chan struct{})
}

// mend ends a cut. The connections of before are gone, as after a time-out.
func (l *link) mend() {
	l.drop()
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.open)
}

// drop breaks all connections.
func (l *link) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
	}
}

func (l *link) close() {
	_ = l.listener.Close()
	l.drop()
	l.mu.Lock()
	l.conns = nil
	select {
	case <-l.open:
	default:
		close(l.open)
	}
	l.mu.Unlock()
	l.running.Wait()
}

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.running.Go(func() { l.serve(client) })
	}
}

func (l *link) serve(client net.Conn) {
	defer client.Close()
	if !l.keep(client) {
		return
	}
	defer l.forget(client)
	l.wait()
	l.mu.Lock()
	target := l.target
	l.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	if !l.keep(server) {
		return
	}
	defer l.forget(server)
	var back sync.WaitGroup
	back.Go(func() { l.carry(client, server) })
	l.carry(server, client)
	back.Wait()
}

func (l *link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns != nil {
		l.conns[c] = struct{}{}
	}
	return l.conns != nil
}

func (l *link) forget(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// wait returns when the link is not cut, and says how slow it is.
func (l *link) wait() time.Duration {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	<-open
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delay
}

// packet is what was read at once, and when.
type packet struct {
	data []byte
	at   time.Time
}

// carry passes on what it reads, late if the link is slow, until a side ends.
// Packets are under way together: the link is long, not narrow.
func (l *link) carry(to, from net.Conn) {
	under := make(chan packet, 64)
	var writing sync.WaitGroup
	writing.Go(func() {
		defer to.Close()
		for p := range under {
			time.Sleep(time.Until(p.at.Add(l.wait())))
			if _, err := to.Write(p.data); err != nil {
				_ = from.Close()
			}
		}
	})
	defer writing.Wait()
	defer close(under)
	for {
		buf := make([]byte, 16<<10)
		n, err := from.Read(buf)
		if n > 0 {
			under <- packet{buf[:n], time.Now()}
		}
		if err != nil {
			return
		}
	}
}

func TestALink(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	l := newLink(t, echo.Addr().String())
	ask := func() error {
		c, err := net.Dial("tcp", l.addr())
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Second)))
		_, err = c.Write([]byte("x"))
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 1))
		return err
	}
	require.NoError(t, ask())
	l.slow(50 * time.Millisecond)
	began := time.Now()
	require.NoError(t, ask())
	require.GreaterOrEqual(t, time.Since(began), 100*time.Millisecond, "there and back")
	l.slow(0)
	l.cut()
	require.Error(t, ask(), "nothing comes through, and nobody says so")
	l.mend()
	require.NoError(t, ask())
}
