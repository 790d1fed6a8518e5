package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// process is a server in a process group of its own, so that it can be ended whole.
type process struct {
	addr string
	cmd  *exec.Cmd
}

func startProcess(addr string, cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return &process{addr: addr, cmd: cmd}, nil
}

func (p *process) stop() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Wait() // killed, as it should be
}

// resident is the memory that the process holds for itself, in bytes: not the
// pages of its program, which the system may drop at any time.
func (p *process) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kb); n == 1 {
			return kb << 10, nil
		}
	}
	return 0, fmt.Errorf("read memory: no RssAnon for process %d", p.cmd.Process.Pid)
}
