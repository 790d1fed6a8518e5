// Command gateway holds the sockets of clients and brings them what is published.
//
// In a project it lets in who has signed in at the API, and is told by the same
// environment as a function where everything is (see [platform.Config]). Alone it
// needs a Redis, and lets in whoever has the pass that it prints:
//
//	go run ./gateway -redis 127.0.0.1:6379
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
	"syscall"
	"time"

	"lastmile/gateway/server"
	"lastmile/shared/nowait"
	"lastmile/shared/platform"
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
	platform.Config
	addr  string
	alone bool // without a project
}

// unused is what the configuration requires and a gateway that is alone does
// without.
func unused() []string {
	return []string{"GOOGLE_CLOUD_PROJECT=alone", "FUNCTION_URL=http://127.0.0.1/{function}", "PRIVATE_FILES_URL=mem://"}
}

func readConfig() (c config, err error) {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8081"
	}
	flag.StringVar(&c.addr, "addr", net.JoinHostPort(os.Getenv("HOST"), port), "address to serve on")
	redis := flag.String("redis", os.Getenv("REDIS_ADDR"), "host:port of Redis")
	flag.Parse()
	if *redis == "" {
		return c, errors.New("-redis or REDIS_ADDR is missing: host:port of Redis")
	}
	environ := append(os.Environ(), "REDIS_ADDR="+*redis)
	if os.Getenv("GOOGLE_CLOUD_PROJECT") == "" {
		c.alone = true
		environ = append(environ, unused()...)
	}
	c.Config, err = platform.ReadConfig(environ)
	return c, err
}

func run() error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	server.SpareMemory()
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	parts, err := c.open()
	if err != nil {
		return err
	}
	defer parts.close()
	how, err := c.RedisOptions()
	if err != nil {
		return err
	}
	redis := realtime.Connect(how)
	defer redis.Close()
	publisher, err := realtime.NewPublisher(terminated, redis, nil, realtime.Options{Fallback: parts.fallback()})
	if err != nil {
		return err
	}
	gateway, err := server.New(terminated, publisher, parts.callers, server.Options{
		Records:     parts.records,
		Node:        realtime.NodeOptions{Revision: c.Revision, Log: parts.log},
		Receiver:    parts.receiver(trackredis.New(redis, trackredis.Options{}), publisher),
		Permissions: parts.permissions(),
		Origins:     c.Origins,
	})
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
	h := &http.Server{Handler: gateway.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(nowait.Listen(l)) }()
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
