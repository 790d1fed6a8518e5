package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// benchWhole measures how long the platform takes to be ready, and how much
// memory it then has, as a process of its own.
func benchWhole(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "lastmile-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "emulators")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./emulators").CombinedOutput(); err != nil {
		return fmt.Errorf("build the emulators: %w\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, program, "-demo=false", "-addr", "127.0.0.1:0", "-provider", "127.0.0.1:0")
	lines, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	p, err := startProcess("", cmd)
	if err != nil {
		return err
	}
	defer p.stop()
	text, err := bufio.NewReader(lines).ReadString('\n')
	if err != nil || !strings.Contains(text, "is ready") {
		return fmt.Errorf("the emulators said %q: %w", text, err)
	}
	took := time.Since(start)
	resident, err := p.resident()
	if err != nil {
		return err
	}
	r.row("`go run ./emulators`, ready after its compilation", ms(took), "-", "", "< 2 s", took < 2*time.Second)
	r.row("its memory before the demo", fmt.Sprintf("%d MB", resident>>20), "-", "", "< 150 MB", resident < 150<<20)
	return nil
}
