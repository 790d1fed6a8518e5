// Command gateway holds the sockets of clients and brings them what is published.
//
// It needs a Redis and a key for passes (see [server.Passes]):
//
//	GATEWAY_KEY=$(openssl rand -hex 16) go run ./gateway -redis 127.0.0.1:6379
//
// On SIGTERM it asks its clients to move, disconnects who did not go after seven
// seconds, and exits within the ten that Cloud Run allows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"lastmile/gateway/server"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
	"lastmile/shared/track/trackredis"
)

// closeTimeout is what Cloud Run leaves after a drain.
const closeTimeout = 2 * time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// config is what the environment and the command line say.
type config struct {
	addr, redis, redisAuth, key, origins, revision string
	redisTLS                                       bool
}

func readConfig() (config, error) {
	c := config{
		redisAuth: os.Getenv("REDIS_AUTH"),
		redisTLS:  os.Getenv("REDIS_TLS") == "true",
		key:       os.Getenv("GATEWAY_KEY"),
		origins:   os.Getenv("GATEWAY_ORIGINS"),
		revision:  os.Getenv("K_REVISION"),
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8081"
	}
	flag.StringVar(&c.addr, "addr", net.JoinHostPort(os.Getenv("HOST"), port), "address to serve on")
	flag.StringVar(&c.redis, "redis", os.Getenv("REDIS_ADDR"), "host:port of Redis")
	flag.Parse()
	var errs []error
	if c.redis == "" {
		errs = append(errs, errors.New("-redis or REDIS_ADDR is missing: host:port of Redis"))
	}
	if c.key == "" {
		errs = append(errs, errors.New("GATEWAY_KEY is missing: generate one with openssl rand -hex 16"))
	}
	return c, errors.Join(errs...)
}

func run() error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	passes, err := server.NewPasses(c.key, nil)
	if err != nil {
		return err
	}
	redis := realtime.Connect(c.redis, c.redisAuth, c.redisTLS)
	defer redis.Close()
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	if err != nil {
		return err
	}
	events, err := openBus(terminated)
	if err != nil {
		return err
	}
	var fallback realtime.Fallback
	if events != nil {
		defer events.Close()
		fallback = push.NewRelay(events)
	}
	publisher, err := realtime.NewPublisher(terminated, redis, kinds, realtime.Options{Fallback: fallback})
	if err != nil {
		return err
	}
	callers, owners, end, err := c.callers(passes)
	defer end()
	if err != nil {
		return err
	}
	receiver := locations(trackredis.New(redis, trackredis.Options{}), publisher, events, owners)
	o := server.Options{Node: realtime.NodeOptions{Revision: c.revision}, Receiver: receiver}
	if owners != nil {
		o.Permissions = owners
	}
	if c.origins != "" {
		o.Origins = strings.Split(c.origins, ",")
	}
	gateway, err := server.New(terminated, publisher, callers, o)
	if err != nil {
		return err
	}
	return serve(terminated, c.addr, gateway)
}

// serve returns when the gateway is drained and closed.
func serve(terminated context.Context, addr string, gateway *server.Server) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	h := &http.Server{Handler: gateway.Handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	fmt.Fprintf(os.Stderr, "gateway on ws://%s/v1/socket\n", l.Addr())
	select {
	case err = <-failed:
	case <-terminated.Done():
		gateway.Drain(context.Background())
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return errors.Join(err, gateway.Close(ctx), h.Shutdown(ctx))
}
