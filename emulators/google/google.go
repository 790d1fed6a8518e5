// Package google runs Google's own emulators, where a machine has them, so that
// others can be compared with them.
package google

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// ErrMissing is returned where the emulator, or java, is not on the machine.
var ErrMissing = errors.New("not on this machine")

const (
	startTimeout = time.Minute
	knockEvery   = time.Millisecond
)

// Emulator is a running one.
type Emulator struct {
	Addr string
	cmd  *exec.Cmd
}

// Firestore starts Google's emulator of Firestore. Close it.
func Firestore(ctx context.Context) (*Emulator, error) {
	jar, err := find("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
	if err != nil {
		return nil, err
	}
	return start(ctx, "-Duser.language=en", "-cp", jar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore")
}

// PubSub starts Google's emulator of Pub/Sub. Close it.
func PubSub(ctx context.Context) (*Emulator, error) {
	jar, err := find("platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar")
	if err != nil {
		return nil, err
	}
	return start(ctx, "-jar", jar)
}

// find returns the newest file of Google's SDK with a name like this.
func find(pattern string) (string, error) {
	if _, err := exec.LookPath("java"); err != nil {
		return "", fmt.Errorf("java is %w", ErrMissing)
	}
	for _, sdk := range []string{os.Getenv("GOOGLE_CLOUD_SDK"), "/usr/lib/google-cloud-sdk"} {
		if found, _ := filepath.Glob(filepath.Join(sdk, pattern)); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s is %w: it is looked for in $GOOGLE_CLOUD_SDK and /usr/lib/google-cloud-sdk", pattern, ErrMissing)
}

// start returns when the emulator listens.
func start(ctx context.Context, java ...string) (*Emulator, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	addr := free.Addr().(*net.TCPAddr)
	if err := free.Close(); err != nil {
		return nil, err
	}
	e := &Emulator{Addr: addr.String(), cmd: exec.Command("java", append(java, "--host=127.0.0.1", fmt.Sprint("--port=", addr.Port))...)}
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start java: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", e.Addr)
		if err == nil {
			return e, conn.Close()
		}
		select {
		case <-ctx.Done():
			e.Close()
			return nil, fmt.Errorf("await %s: %w", e.Addr, ctx.Err())
		case <-time.After(knockEvery):
		}
	}
}

// PID is the process.
func (e *Emulator) PID() int { return e.cmd.Process.Pid }

// Close ends the emulator with whatever it started.
func (e *Emulator) Close() {
	_ = syscall.Kill(-e.PID(), syscall.SIGKILL)
	_ = e.cmd.Wait() // killed, as it should be
}
