package redis

import (
	"bufio"
	"context"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
)

// proxy passes commands on to Redis as the fault rules allow.
type proxy struct {
	listener net.Listener
	target   string
	faults   *fault.Injector
	ctx      context.Context // ends when the proxy closes
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

func startProxy(addr, target string, faults *fault.Injector) (*proxy, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, target: target, faults: faults}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) close() {
	p.cancel()
	_ = p.listener.Close()
	p.running.Wait()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

// link is one client's connection and the one to Redis behind it.
type link struct {
	client, redis net.Conn
	mute          atomic.Bool   // answers are swallowed
	swallowed     chan struct{} // closed when one was
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	redis, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer redis.Close()
	cut := context.AfterFunc(p.ctx, func() {
		_ = client.Close()
		_ = redis.Close()
	})
	defer cut()
	l := &link{client: client, redis: redis, swallowed: make(chan struct{})}
	p.running.Go(l.answers)
	p.commands(l)
}

// commands passes commands on until one fails or a connection breaks.
func (p *proxy) commands(l *link) {
	in := bufio.NewReader(l.client)
	for {
		name, raw, err := readCommand(in)
		if err != nil {
			return
		}
		rule, hit := p.faults.Match(name)
		if hit && rule.Wait(p.ctx) != nil {
			return
		}
		lost := hit && rule.Code != codes.OK
		if lost && !rule.After {
			return
		}
		if lost {
			l.mute.Store(true)
		}
		if _, err := l.redis.Write(raw); err != nil {
			return
		}
		if lost {
			<-l.swallowed
			return
		}
	}
}

// answers passes answers back until a connection breaks.
func (l *link) answers() {
	defer l.client.Close()
	var once sync.Once
	swallow := func() { once.Do(func() { close(l.swallowed) }) }
	defer swallow()
	buf := make([]byte, 32<<10)
	for {
		n, err := l.redis.Read(buf)
		if err != nil {
			return
		}
		if l.mute.Load() {
			swallow()
			continue
		}
		if _, err := l.client.Write(buf[:n]); err != nil {
			return
		}
	}
}
