// Package redis runs a Redis for local use: a redis-server child process when
// there is one on PATH, and miniredis inside this process when not.
//
// It owns the process, its address and its memory. It promises that the server
// that answers is the one it started, that Close (on Linux even kill -9 of this
// process) leaves nothing running, and that a test can kill it and start it again
// on the same address. With
// [Options.Dir] redis-server keeps an append-only file there, so that kill -9
// loses nothing acknowledged; miniredis keeps nothing.
package redis

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"lastmile/emulators/fault"
)

// ErrMemoryGone means that Restart was asked to keep what Kill destroyed.
var ErrMemoryGone = errors.New("the memory is gone with the process")

// Embedded as Options.Server asks for miniredis.
const Embedded = "embedded"

const (
	startTimeout = 10 * time.Second
	takenFor     = 20 * time.Millisecond // until it is tried again whether a port is free
)

// Options adjusts a Server; the zero value prefers redis-server and keeps nothing.
type Options struct {
	Addr   string // "" = a free port of 127.0.0.1
	Dir    string // where redis-server keeps its data; "" = nowhere
	Server string // "" = redis-server on PATH, else miniredis; "embedded" = miniredis; else the program to run
	// Faulty puts a proxy in front that obeys Server.Faults, at the cost of a hop.
	Faulty bool
}

// Server is a running Redis.
type Server struct {
	// Faults are by command in upper case ("EVALSHA"), and only obeyed with
	// Options.Faulty. A failed command is a lost connection: before the command
	// reached Redis or, with After, when it was done and not yet answered.
	Faults *fault.Injector

	proxy *proxy // nil unless Options.Faulty

	mu     sync.Mutex
	engine engine
	addr   string // of the engine, the same over restarts
	alive  bool
}

// engine is a Redis that can be started again and again.
type engine interface {
	kind() string
	// start listens on addr and returns the address it got; port 0 means a free one.
	start(ctx context.Context, addr string) (string, error)
	// kill ends it at once; keep lets the next start find what it held.
	kill(keep bool) error
	// close ends it for good.
	close() error
	// lasting reports whether data survives a kill without being asked to.
	lasting() bool
}

// Start returns when Redis answers.
func Start(o Options) (*Server, error) {
	s := &Server{Faults: &fault.Injector{}, engine: pick(o)}
	front, back := o.Addr, o.Addr
	if front == "" {
		front = "127.0.0.1:0"
	}
	if o.Faulty || back == "" {
		back = "127.0.0.1:0"
	}
	if err := s.startEngine(back); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.engine.kind(), errors.Join(err, s.engine.close()))
	}
	if o.Faulty {
		p, err := startProxy(front, s.addr, s.Faults)
		if err != nil {
			return nil, fmt.Errorf("start the proxy of %s: %w", s.engine.kind(), errors.Join(err, s.engine.close()))
		}
		s.proxy = p
	}
	return s, nil
}

func pick(o Options) engine {
	program := o.Server
	if program == "" {
		if found, err := exec.LookPath("redis-server"); err == nil {
			program = found
		}
	}
	if program == "" || program == Embedded {
		return &embedded{}
	}
	return &child{program: program, dir: o.Dir}
}

func (s *Server) startEngine(addr string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	got, err := s.engine.start(ctx, addr)
	if err != nil {
		return err
	}
	s.addr, s.alive = got, true
	return nil
}

// Addr returns the host and port that clients dial.
func (s *Server) Addr() string {
	if s.proxy != nil {
		return s.proxy.addr()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Kind returns what runs: "redis-server" or "miniredis".
func (s *Server) Kind() string { return s.engine.kind() }

// Kill ends Redis as a crash would (SIGKILL): connections break and, without
// Options.Dir, all data is lost.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.alive {
		return nil
	}
	s.alive = false
	return s.engine.kill(false)
}

// Restart kills Redis unless it is dead already, and starts it again on the same
// address. With keepMemory it comes back with its data; [ErrMemoryGone] when a
// Kill has destroyed that.
func (s *Server) Restart(keepMemory bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.alive && keepMemory && !s.engine.lasting() {
		return fmt.Errorf("restart %s: %w", s.engine.kind(), ErrMemoryGone)
	}
	if s.alive {
		s.alive = false
		if err := s.engine.kill(keepMemory); err != nil {
			return fmt.Errorf("restart %s: %w", s.engine.kind(), err)
		}
	}
	if err := s.startAgain(); err != nil {
		return fmt.Errorf("restart %s: %w", s.engine.kind(), err)
	}
	return nil
}

// startAgain starts the engine where it was. A client that dials a port of its own
// machine at which nobody listens may be given that port as its own end, and is
// connected to itself for a moment: then it is taken.
func (s *Server) startAgain() error {
	for began := time.Now(); ; time.Sleep(takenFor) {
		err := s.startEngine(s.addr)
		if err == nil || time.Since(began) > startTimeout {
			return err
		}
	}
}

// Close ends Redis and removes what it left outside Options.Dir.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proxy != nil {
		s.proxy.close()
	}
	s.alive = false
	return s.engine.close()
}
