// Command rtpeer is a gateway for the neutral load generator rtbench, in
// ../shared/judge/realtime: it trusts every token to be a user's name, and
// publishes what is posted to it as durable events.
//
// The script run beside it builds both and runs them:
//
//	scripts/rtpeer/run -conns 2000 -rate 2000 -seconds 20
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"lastmile/gateway/server"
	"lastmile/shared/nowait"
	"lastmile/shared/realtime"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "address to serve on")
	redis := flag.String("redis", "127.0.0.1:6379", "host:port of Redis")
	kind := flag.String("kind", "durable", "of the events: durable, latest, or certain, which waits for acknowledgements too")
	flag.Parse()
	if err := run(*addr, *redis, *kind); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(addr, redisAddr, kind string) error {
	server.SpareMemory()
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	redis := realtime.Connect(&goredis.Options{Addr: redisAddr})
	defer redis.Close()
	kinds, err := realtime.NewKinds(realtime.Kind{Name: "durable", Durable: true}, realtime.Kind{Name: "latest"},
		realtime.Kind{Name: "certain", Durable: true, Fallback: "news"})
	if err != nil {
		return err
	}
	p, err := realtime.NewPublisher(terminated, redis, kinds, realtime.Options{})
	if err != nil {
		return err
	}
	s, err := server.New(terminated, p, trusting{}, server.Options{MaxConns: 100_000})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.Handle("POST /publish", publish(p, kind))
	h := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(nowait.Listen(l)) }()
	select {
	case err = <-failed:
	case <-terminated.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(err, s.Close(ctx), h.Shutdown(ctx))
}

// publish sends the body to the user that the query names.
func publish(p *realtime.Publisher, kind string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			to := realtime.Client("user", r.URL.Query().Get("user"))
			_, err = p.Publish(r.Context(), to, realtime.Event{Kind: kind, Data: json.RawMessage(body)})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

// trusting takes a name for a token.
type trusting struct{}

func (trusting) Authenticate(_ context.Context, token string) (server.Identity, error) {
	return server.Identity{Client: realtime.Client("user", token)}, nil
}
