package stack

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"lastmile/gateway/report"
	"lastmile/gateway/server"
	"lastmile/shared/bus"
	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

// gateways are the socket servers behind URL/gateway. A new connection goes to
// the next one in turn.
type gateways struct {
	passes *server.Passes
	next   atomic.Uint32

	mu    sync.RWMutex
	nodes []http.Handler // guarded by mu
}

func (g *gateways) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.RLock()
	nodes := g.nodes
	g.mu.RUnlock()
	if len(nodes) == 0 {
		http.Error(w, "no gateway is running", http.StatusServiceUnavailable)
		return
	}
	nodes[g.next.Add(1)%uint32(len(nodes))].ServeHTTP(w, r)
}

func (g *gateways) add(h http.Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.nodes = append(g.nodes, h)
}

// Pass returns a token for the gateway.
func (s *Stack) Pass(who server.Identity) (string, error) { return s.front.gateways.passes.Issue(who) }

// startGateways starts as many gateways as the options say, each with
// connections of its own.
func (s *Stack) startGateways(ctx context.Context) (err error) {
	s.front.gateways.passes, err = server.NewPasses(rand.Text(), nil)
	if err != nil {
		return err
	}
	for range s.options.Gateways {
		if err := s.startGateway(ctx); err != nil {
			return fmt.Errorf("gateway: %w", err)
		}
	}
	return nil
}

func (s *Stack) startGateway(ctx context.Context) error {
	how, err := s.Config.RedisOptions()
	if err != nil {
		return err
	}
	redis := realtime.Connect(how)
	s.onClose(redis.Close)
	events, err := bus.Open(ctx, bus.Options{Project: s.Config.Project, EmulatorHost: s.Config.PubSubEmulator})
	if err != nil {
		return err
	}
	s.onClose(events.Close)
	publisher, err := realtime.NewPublisher(ctx, redis, nil, realtime.Options{Fallback: push.NewRelay(events)})
	if err != nil {
		return err
	}
	sessions, err := s.platform.Sessions()
	if err != nil {
		return err
	}
	db, err := s.platform.Docs()
	if err != nil {
		return err
	}
	owners := server.NewOwners(sessions.Table(), db)
	positions := trackredis.New(redis, trackredis.Options{})
	callers := server.Either{Passes: s.front.gateways.passes, Callers: server.NewCallers(sessions)}
	records := logs.New(logs.Options{Service: "gateway", Out: s.log(), Store: logsdb.New(s.platform.Docs), Retention: s.Config.LogRetention})
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		return records.Close(ctx)
	})
	reports := intake.New(positions, intake.NewFlush(positions, events), intake.Options{Broadcaster: broadcast.New(publisher), Log: records.Logger()})
	node, err := server.New(ctx, publisher, callers, server.Options{
		Permissions: owners,
		Receiver:    report.New(reports, owners),
		Records:     records.Logger(),
		Node:        realtime.NodeOptions{Log: records.Logger()},
	})
	if err != nil {
		return err
	}
	s.front.gateways.add(node.Handler())
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		return node.Close(ctx)
	})
	return nil
}
