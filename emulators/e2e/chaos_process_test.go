package e2e_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// build builds what the platform deploys, and the emulators, into a folder.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir, "lastmile/functions", "lastmile/gateway", "lastmile/emulators").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// process is a program of the platform, to be killed and started again.
type process struct {
	program string
	environ []string

	cmd    *exec.Cmd
	said   chan string   // its first line on stdout
	exited chan struct{} // closed when it is gone
}

func newProcess(t *testing.T, program string, environ ...string) *process {
	t.Helper()
	p := &process{program: program, environ: environ}
	t.Cleanup(p.kill)
	return p
}

// start runs the process. The thread that it is started from lives as long as it
// does, so that it ends with this program, however that ends.
func (p *process) start(args, environ []string) error {
	p.cmd = exec.Command(p.program, args...)
	p.cmd.Env = append(append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, p.environ...), environ...)
	p.cmd.SysProcAttr = endWithUs()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.said, p.exited = make(chan string, 1), make(chan struct{})
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		lines := bufio.NewScanner(out)
		if lines.Scan() {
			p.said <- lines.Text()
		}
		for lines.Scan() {
		}
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return <-started
}

// kill ends the process with SIGKILL: whatever it is doing stops in the middle.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.exited
	p.cmd = nil
}

// startServer runs the process on a free port, and returns its address when it
// answers there.
func (p *process) startServer(t *testing.T, serve func(port string) (args, environ []string)) string {
	t.Helper()
	for range 5 {
		_, port, err := net.SplitHostPort(freeAddr(t))
		require.NoError(t, err)
		args, environ := serve(port)
		require.NoError(t, p.start(args, environ))
		if addr := "127.0.0.1:" + port; p.answers(addr) {
			return addr
		}
		p.kill()
	}
	t.Fatalf("%s does not start", p.program)
	return ""
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// answers waits until somebody listens at addr, or the process is gone.
func (p *process) answers(addr string) bool {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
			return true
		}
		select {
		case <-p.exited:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

func (p *process) signal(s os.Signal) error { return p.cmd.Process.Signal(s) }
