package redis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	startTries  = 5                    // a free port may be taken before redis-server has it
	answerPoll  = 2 * time.Millisecond // between questions whether it is up
	stopGrace   = 3 * time.Second      // from SIGTERM to SIGKILL
	saveTimeout = time.Minute
	maxLog      = 4 << 10 // bytes of its output kept to explain a failed start
)

// child is a redis-server process.
type child struct {
	program string
	dir     string // of its data; "" = none that lasts
	scratch string // stands in for dir, and is removed at the end

	cmd    *exec.Cmd
	addr   string
	exited chan struct{} // closed when cmd is gone
	log    *output
}

func (c *child) kind() string  { return "redis-server" }
func (c *child) lasting() bool { return c.dir != "" }

func (c *child) start(ctx context.Context, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if c.dir == "" && c.scratch == "" {
		if c.scratch, err = os.MkdirTemp("", "lastmile-redis-"); err != nil {
			return "", err
		}
	}
	if port != "0" {
		return addr, c.launch(ctx, host, port)
	}
	for try := 1; ; try++ {
		if port, err = freePort(host); err != nil {
			return "", err
		}
		if err = c.launch(ctx, host, port); err == nil || try == startTries {
			return net.JoinHostPort(host, port), err
		}
	}
}

func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// launch runs the process and returns when it answers.
func (c *child) launch(ctx context.Context, host, port string) error {
	if c.dir != "" {
		if err := os.MkdirAll(c.dir, 0o755); err != nil {
			return err
		}
	}
	cmd, exited := exec.Command(c.program, c.arguments(host, port)...), make(chan struct{})
	c.addr, c.log, c.exited = net.JoinHostPort(host, port), &output{}, exited
	cmd.Stdout, cmd.Stderr = c.log, c.log
	ownGroup(cmd)
	if err := run(cmd, exited); err != nil {
		return err
	}
	c.cmd = cmd
	if err := c.answers(ctx); err != nil {
		return errors.Join(err, c.kill(false))
	}
	return nil
}

// run starts cmd and closes exited when it is gone. The thread it was started
// from lives as long as cmd, see dieWithParent.
func run(cmd *exec.Cmd, exited chan<- struct{}) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(exited)
		}
	}()
	return <-started
}

func (c *child) arguments(host, port string) []string {
	args := []string{"--bind", host, "--port", port, "--save", "", "--daemonize", "no", "--loglevel", "warning"}
	if c.dir == "" {
		return append(args, "--dir", c.scratch, "--appendonly", "no")
	}
	// Not everysec: while that syncs, it answers before it has written.
	return append(args, "--dir", c.dir, "--appendonly", "yes", "--appendfsync", "no")
}

// answers waits until the process, and not another, answers.
func (c *child) answers(ctx context.Context) error {
	ours := fmt.Sprintf("process_id:%d\r\n", c.cmd.Process.Pid)
	for {
		info, err := ask(ctx, c.addr, "INFO")
		switch mine := strings.Contains(info, ours); {
		case err == nil && mine && strings.Contains(info, "\nloading:0\r\n"):
			return nil
		case err == nil && !mine:
			return fmt.Errorf("another redis answers on %s", c.addr)
		}
		select {
		case <-time.After(answerPoll):
		case <-c.exited:
			return fmt.Errorf("%s on %s ended: %s", c.program, c.addr, c.log)
		case <-ctx.Done():
			return fmt.Errorf("%s on %s does not answer: %w: %s", c.program, c.addr, ctx.Err(), c.log)
		}
	}
}

func (c *child) kill(keep bool) error {
	if c.cmd == nil {
		return nil
	}
	if keep && c.dir == "" {
		if err := c.save(); err != nil {
			return err
		}
	}
	killGroup(c.cmd)
	<-c.exited
	c.cmd = nil
	if !keep && c.scratch != "" {
		return removeDump(c.scratch)
	}
	return nil
}

// save writes the memory to where the next start looks for it.
func (c *child) save() error {
	ctx, cancel := context.WithTimeout(context.Background(), saveTimeout)
	defer cancel()
	if _, err := ask(ctx, c.addr, "SAVE"); err != nil {
		return fmt.Errorf("save the memory: %w", err)
	}
	return nil
}

func removeDump(dir string) error {
	err := os.Remove(filepath.Join(dir, "dump.rdb"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// close lets the process finish its files, if it has any, for a while.
func (c *child) close() error {
	if c.dir == "" {
		if err := c.kill(false); err != nil {
			return err
		}
	}
	if c.cmd != nil {
		terminate(c.cmd)
		select {
		case <-c.exited:
		case <-time.After(stopGrace):
			killGroup(c.cmd)
			<-c.exited
		}
		c.cmd = nil
	}
	if c.scratch != "" {
		return os.RemoveAll(c.scratch)
	}
	return nil
}

// output keeps the first bytes that the process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(b[:min(len(b), maxLog-o.buf.Len())])
	return len(b), nil
}

// String is what was kept.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(o.buf.String())
}
