package clients_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/gateway/server"
	"lastmile/shared/realtime"
)

const patience = 30 * time.Second

func TestClientsInOtherLanguages(t *testing.T) {
	redis, err := emulator.Start(emulator.Options{Server: emulator.Embedded})
	require.NoError(t, err)
	t.Cleanup(func() { _ = redis.Close() })
	for name, command := range map[string]func(*testing.T) []string{"go": goClient, "javascript": jsClient} {
		t.Run(name, func(t *testing.T) { follow(t, redis.Addr(), name, command(t)) })
	}
}

func goClient(t *testing.T) []string {
	program := filepath.Join(t.TempDir(), "client")
	out, err := exec.Command("go", "build", "-o", program, "./testdata/goclient").CombinedOutput()
	require.NoError(t, err, string(out))
	return []string{program}
}

func jsClient(t *testing.T) []string {
	for _, flag := range []string{"--no-warnings", "--experimental-websocket"} {
		out, err := exec.Command("node", flag, "-p", "typeof WebSocket").Output()
		if err == nil && strings.TrimSpace(string(out)) == "function" {
			return []string{"node", flag, "testdata/client.mjs"}
		}
	}
	t.Skip("no node with WebSocket on PATH: install node 20.10 or later")
	return nil
}

// follow runs a client while its gateway is replaced, and reads what it prints.
func follow(t *testing.T, redisAddr, name string, command []string) {
	w := &gateways{t: t, redis: redisAddr}
	w.passes, _ = server.NewPasses("a key for these tests", nil)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.current.Load().Handler().ServeHTTP(rw, r) }))
	defer front.Close()
	first := w.start()
	client := realtime.Client("customer", name)
	token, err := w.passes.Issue(server.Identity{Client: client})
	require.NoError(t, err)

	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:], "ws"+strings.TrimPrefix(front.URL, "http")+"/v1/socket", token)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	sent := 0
	publish := func(n int) {
		for range n {
			_, err := w.publisher.Publish(t.Context(), client, realtime.Event{Kind: "message.sent", Data: sent})
			require.NoError(t, err)
			sent++
		}
	}
	publish(3)
	require.True(t, lines.Scan())
	require.Equal(t, "message.sent 0", lines.Text())
	second := w.start()
	closeNow(t, first)
	publish(4)
	for n := 1; n < sent; n++ {
		require.True(t, lines.Scan())
		require.Equal(t, fmt.Sprint("message.sent ", n), lines.Text())
	}
	require.Eventually(t, func() bool { return w.acked(client) == strconv.Itoa(sent) }, patience, 10*time.Millisecond, "the last one is acknowledged, too")
	closeNow(t, second)
}

// gateways are served one after the other at one address.
type gateways struct {
	t         *testing.T
	redis     string
	passes    *server.Passes
	publisher *realtime.Publisher
	current   atomic.Pointer[server.Server]
}

func (g *gateways) start() *server.Server {
	r := realtime.Connect(&goredis.Options{Addr: g.redis})
	g.t.Cleanup(func() { _ = r.Close() })
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(g.t, err)
	p, err := realtime.NewPublisher(g.t.Context(), r, kinds, realtime.Options{})
	require.NoError(g.t, err)
	s, err := server.New(g.t.Context(), p, g.passes, server.Options{})
	require.NoError(g.t, err)
	g.publisher = p
	g.current.Store(s)
	return s
}

// acked is what Redis knows of a client's acknowledgements.
func (g *gateways) acked(client realtime.Audience) string {
	r := realtime.Connect(&goredis.Options{Addr: g.redis})
	defer r.Close()
	session, err := r.Keys(g.t.Context(), "rt:*:s:"+string(client)).Result()
	require.NoError(g.t, err)
	require.Len(g.t, session, 1)
	return r.HGet(g.t.Context(), session[0], "acked").Val()
}

func closeNow(t *testing.T, s *server.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, s.Close(ctx))
}

var update = flag.Bool("update", false, "write the clients into the guide")

func TestTheGuideShowsTheseClients(t *testing.T) {
	const path = "../../docs/app.md"
	guide, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, client := range []string{"testdata/client.mjs", "testdata/goclient/main.go"} {
		source, err := os.ReadFile(client)
		require.NoError(t, err)
		shown := regexp.MustCompile("(?ms)(^```\\w+ gateway/clients/" + client + "\n)(.*?)(^```$)")
		found := shown.FindSubmatch(guide)
		require.NotNil(t, found, client)
		if *update {
			guide = shown.ReplaceAllFunc(guide, func([]byte) []byte { return slices.Concat(found[1], source, found[3]) })
			continue
		}
		require.Equal(t, string(source), string(found[2]), "run this test with -update, and read what changed")
	}
	if *update {
		require.NoError(t, os.WriteFile(path, guide, 0o644))
	}
}
