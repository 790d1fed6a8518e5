package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"lastmile/gateway/hub"
	"lastmile/gateway/wsconn"
	"lastmile/shared/nowait"
)

// listenersChild is a process that holds the other ends of the sockets.
const listenersChild = "child-listeners"

const (
	listeners = 2000
	tellEvery = time.Millisecond // and so many at once
	tellMany  = 20
	tellTimes = 3000
)

// told is what every listener is told.
const told = `{"n":1,"e":"e","t":"order.changed","d":{"order":"0123456789abcdef","state":"picked_up"}}`

// registry is a hub of sockets.
type registry interface {
	enter(name string, w http.ResponseWriter, r *http.Request) error
	tell(name string)
	written() int64 // to sockets
	close()
}

// benchDelivery measures the two last hops of an event to a single client.
func benchDelivery(ctx context.Context, r *report) error {
	return errors.Join(benchHubs(ctx, r), benchRouting(ctx, r))
}

// benchHubs tells 2,000 sockets one by one what is for them: by the gateway's hub,
// and by one that has a mutex, and a channel and a goroutine for each socket.
func benchHubs(ctx context.Context, r *report) error {
	ours, err := tellAll(ctx, &ownRegistry{hub: hub.New(func(*hub.Conn, string) {}), upgrader: wsconn.NewUpgrader(nil)})
	if err != nil {
		return err
	}
	theirs, err := tellAll(ctx, &plainRegistry{clients: make(map[string]chan []byte)})
	if err != nil {
		return err
	}
	r.row("last hop: processor time to tell one of 2,000 sockets, 20,000 times a second; baseline: a hub of a mutex, with a goroutine for each socket",
		us(ours), us(theirs), times(theirs, ours), "", true)
	return nil
}

// tellAll returns the processor's time for each event.
func tellAll(ctx context.Context, all registry) (time.Duration, error) {
	defer all.close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	var named, entered atomic.Int64
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if all.enter(fmt.Sprint("customer:", named.Add(1)), w, r) == nil {
			entered.Add(1)
		}
	})}
	go func() { _ = server.Serve(nowait.Listen(l)) }()
	defer server.Close()
	child, err := startChildAt(ctx, listenersChild, l.Addr().String())
	if err != nil {
		return 0, err
	}
	defer child.stop()
	for entered.Load() < listeners {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	before := cpuTime()
	for next := time.Now(); all.written() < tellTimes*tellMany; next = next.Add(tellEvery) {
		time.Sleep(time.Until(next))
		for range tellMany {
			all.tell(fmt.Sprint("customer:", 1+rand.IntN(listeners)))
		}
	}
	return (cpuTime() - before) / time.Duration(all.written()), nil
}

// ownRegistry is the gateway's.
type ownRegistry struct {
	hub      *hub.Hub
	upgrader *wsconn.Upgrader
}

func (o *ownRegistry) enter(name string, w http.ResponseWriter, r *http.Request) error {
	conn, err := o.upgrader.Upgrade(w, r)
	if err != nil {
		return err
	}
	c := o.hub.Open(conn, nil)
	o.hub.Join(c, name, "1")
	c.CatchUp(name, hub.Past{From: hub.Place{Epoch: "e"}})
	return nil
}

func (o *ownRegistry) tell(name string) { o.hub.Emit(name, hub.NewFrame([]byte(told), "")) }

func (o *ownRegistry) written() int64 { return o.hub.Counts().Sent }

func (o *ownRegistry) close() { o.hub.Wait() }

// plainRegistry is as in gorilla's example of a chat.
type plainRegistry struct {
	upgrader websocket.Upgrader
	sent     atomic.Int64
	writers  sync.WaitGroup

	mu      sync.Mutex
	clients map[string]chan []byte // guarded by mu
}

func (p *plainRegistry) enter(name string, w http.ResponseWriter, r *http.Request) error {
	conn, err := p.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return err
	}
	queue := make(chan []byte, 256)
	p.mu.Lock()
	p.clients[name] = queue
	p.mu.Unlock()
	p.writers.Go(func() {
		for text := range queue {
			if conn.WriteMessage(websocket.TextMessage, text) == nil {
				p.sent.Add(1)
			}
		}
	})
	return nil
}

func (p *plainRegistry) tell(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.clients[name] <- []byte(told):
	default:
	}
}

func (p *plainRegistry) written() int64 { return p.sent.Load() }

func (p *plainRegistry) close() {
	for _, queue := range p.clients {
		close(queue)
	}
	p.writers.Wait()
}

// listen is the process of the listeners.
func listen(ctx context.Context, addr string) error {
	for range listeners {
		conn, _, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+addr, nil)
		if err != nil {
			return err
		}
		go func() { _, _ = io.Copy(io.Discard, conn.NetConn()) }()
	}
	<-ctx.Done()
	return nil
}
