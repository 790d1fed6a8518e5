package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
)

// TestMain is the program itself when the tests run it: as Cloud Run does, by
// its environment alone.
func TestMain(m *testing.M) {
	if _, named := os.LookupEnv("FUNCTION_TARGET"); named {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestOneImageServesTheFunctionThatIsNamed(t *testing.T) {
	bin, err := os.Executable()
	require.NoError(t, err)

	t.Run("and drains on SIGTERM", func(t *testing.T) {
		db, err := firestore.Start(firestore.Options{})
		require.NoError(t, err)
		defer db.Close()
		port := freePort(t)
		cmd := command(t, bin, "FUNCTION_TARGET=api", "PORT="+port, "FIRESTORE_EMULATOR_HOST="+db.Addr())
		require.NoError(t, cmd.Start())
		waitFor(t, "http://127.0.0.1:"+port+"/health")
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "it exits cleanly")
		require.Positive(t, db.Stats().Documents, "with its records kept")
	})
	t.Run("and refuses a name that it does not know", func(t *testing.T) {
		out, err := command(t, bin, "FUNCTION_TARGET=nothing").CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), `no function "nothing"; there are api`)
	})
	t.Run("and tells what its environment lacks", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), bin)
		cmd.Env = []string{"FUNCTION_TARGET=api"}
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), "GOOGLE_CLOUD_PROJECT")
	})
}

func TestTheGateWaitsForCallsInside(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	g := &gate{next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(inside)
		<-leave
	})}
	go g.ServeHTTP(nil, nil)
	<-inside

	drained := make(chan struct{})
	go func() {
		g.drain(context.Background())
		close(drained)
	}()
	require.Eventually(t, func() bool { return !enters(g) }, 5*time.Second, time.Millisecond, "a draining gate takes no calls")
	select {
	case <-drained:
		t.Fatal("drained while a call was inside")
	default:
	}
	close(leave)
	<-drained
}

func enters(g *gate) bool {
	if g.enter() {
		g.flights.Done()
		return true
	}
	return false
}

func command(t *testing.T, bin string, environ ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Env = append([]string{
		"HOST=127.0.0.1", "GOOGLE_CLOUD_PROJECT=p", "REDIS_ADDR=127.0.0.1:1", "FUNCTION_URL=http://127.0.0.1/{function}",
		"PRIVATE_FILES_URL=mem://", "PUBLIC_FILES_URL=mem://", "PUBSUB_EMULATOR_HOST=127.0.0.1:1", "CLOUD_TASKS_EMULATOR_HOST=127.0.0.1:1",
	}, environ...)
	return cmd
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

func waitFor(t *testing.T, url string) {
	require.Eventually(t, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode < 500
	}, 20*time.Second, 20*time.Millisecond)
}
