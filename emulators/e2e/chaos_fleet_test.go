package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub"
	"lastmile/emulators/redis"
	"lastmile/emulators/stack"
	"lastmile/emulators/tasks"
	"lastmile/functions/registry"
)

// fleet is the platform as it is deployed: every function and every gateway is a
// process of its own, and so is the database. Between them and the services are
// links.
type fleet struct {
	*shop
	bin string

	events  *pubsub.Server
	timers  *tasks.Server
	cache   *redis.Server
	store   *process // Firestore
	storeIn string   // where it keeps its data

	toEvents, toTimers, toCache, toStore *link

	functions map[string]*process
	gateways  []*gatewayProcess
}

// gatewayProcess is a gateway with a link of its own to Redis.
type gatewayProcess struct {
	*process
	url     string
	toCache *link
}

const gateways = 3

// openFleet starts the platform, on the Redis that is named as for
// [redis.Options], with a map.
func openFleet(t *testing.T, bin, engine, roads string) *fleet {
	t.Helper()
	f := &fleet{bin: bin, storeIn: t.TempDir(), functions: map[string]*process{}}
	f.startServices(t, engine)
	environ := []string{
		"FIRESTORE_EMULATOR_HOST=" + f.toStore.addr(), "PUBSUB_EMULATOR_HOST=" + f.toEvents.addr(),
		"CLOUD_TASKS_EMULATOR_HOST=" + f.toTimers.addr(), "REDIS_ADDR=" + f.toCache.addr(), "ROAD_FILE=" + roads,
	}
	f.shop = open(t, stack.Options{Quiet: true, Environ: environ})
	for _, spec := range registry.All() {
		f.functions[spec.Name] = newProcess(t, filepath.Join(bin, "functions"), append(f.Environ, "FUNCTION_TARGET="+spec.Name, "HOST=127.0.0.1")...)
		f.startFunction(t, spec.Name)
	}
	for range gateways {
		g := &gatewayProcess{process: newProcess(t, filepath.Join(bin, "gateway"), f.Environ...), toCache: newLink(t, f.cache.Addr())}
		f.gateways = append(f.gateways, g)
		f.startGateway(t, g)
	}
	return f
}

func (f *fleet) startServices(t *testing.T, engine string) {
	t.Helper()
	var err error
	f.events, err = pubsub.Start(pubsub.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.events.Close()) })
	f.timers, err = tasks.Start(tasks.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.timers.Close()) })
	f.cache, err = redis.Start(redis.Options{Server: engine})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.cache.Close()) })
	f.store = newProcess(t, filepath.Join(f.bin, "emulators"))
	f.toStore = newLink(t, "")
	f.startStore(t)
	f.toEvents, f.toTimers, f.toCache = newLink(t, f.events.Addr()), newLink(t, f.timers.Addr()), newLink(t, f.cache.Addr())
}

// startStore starts Firestore on what it has kept.
func (f *fleet) startStore(t *testing.T) {
	t.Helper()
	require.NoError(t, f.store.start([]string{"-only", "firestore", "-data", f.storeIn}, nil))
	select {
	case line := <-f.store.said:
		_, addr, found := strings.Cut(line, "=")
		require.True(t, found, line)
		f.toStore.lead(addr)
	case <-f.store.exited:
		t.Fatal("Firestore does not start")
	}
}

func (f *fleet) startFunction(t *testing.T, name string) {
	t.Helper()
	addr := f.functions[name].startServer(t, func(port string) (args, environ []string) { return nil, []string{"PORT=" + port} })
	require.NoError(t, f.Elsewhere(name, "http://"+addr))
}

func (f *fleet) startGateway(t *testing.T, g *gatewayProcess) {
	t.Helper()
	g.url = "http://" + g.startServer(t, func(port string) (args, environ []string) {
		return []string{"-addr", "127.0.0.1:" + port, "-redis", g.toCache.addr()}, nil
	})
	urls := make([]string, len(f.gateways))
	for i, other := range f.gateways {
		urls[i] = other.url
	}
	require.NoError(t, f.GatewaysElsewhere(urls...))
}

// links are all between the platform and its services.
func (f *fleet) links() []*link {
	all := []*link{f.toEvents, f.toTimers, f.toCache, f.toStore}
	for _, g := range f.gateways {
		all = append(all, g.toCache)
	}
	return all
}
