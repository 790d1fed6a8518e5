package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"lastmile/emulators/google"
)

// process is a server in a process group of its own, so that it can be ended whole.
type process struct {
	addr string
	pid  int
	stop func()
}

func startProcess(addr string, cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return &process{addr, cmd.Process.Pid, func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait() // killed, as it should be
	}}, nil
}

// startGoogles starts one of Google's emulators.
func startGoogles(ctx context.Context, start func(context.Context) (*google.Emulator, error)) (*process, error) {
	e, err := start(ctx)
	if err != nil {
		return nil, err
	}
	return &process{e.Addr, e.PID(), e.Close}, nil
}

// resident is the memory that the process holds for itself, in bytes: not the
// pages of its program, which the system may drop at any time.
func (p *process) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kb); n == 1 {
			return kb << 10, nil
		}
	}
	return 0, fmt.Errorf("read memory: no RssAnon for process %d", p.pid)
}
