package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
	"lastmile/shared/realtime"
)

// fast are leases that a test can wait for.
var fast = realtime.NodeOptions{Beat: 100 * time.Millisecond, Lease: time.Second, Presence: 20 * time.Second}

// process is a gateway in a process of its own, to be killed.
type process struct {
	cmd *exec.Cmd
	url string
}

func (w *world) process() *process {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GATEWAY_UNDER_TEST="+w.addr, "GATEWAY_PREFIX="+w.prefix)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, cmd.Start())
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(w.t, err)
	return &process{cmd, line[:len(line)-1]}
}

func (p *process) signal(t testing.TB, s os.Signal) { require.NoError(t, p.cmd.Process.Signal(s)) }

// runNode is the process: it serves until it is terminated, and ends when its
// parent does.
func runNode(addr string) {
	if err := serveNode(addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveNode(addr string) error {
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	passes, err := server.NewPasses(key, nil)
	if err != nil {
		return err
	}
	p, err := newPublisher(terminated, realtime.Connect(&redis.Options{Addr: addr}), os.Getenv("GATEWAY_PREFIX"))
	if err != nil {
		return err
	}
	s, err := server.New(terminated, p, passes, server.Options{Node: fast})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Second}
	go func() { _ = h.Serve(l) }()
	fmt.Println("http://" + l.Addr().String())
	<-terminated.Done()
	s.Drain(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return s.Close(ctx)
}
