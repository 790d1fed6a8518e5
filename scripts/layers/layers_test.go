package layers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/scripts/layers"
)

func TestThisModuleKeepsTheLaw(t *testing.T) {
	watch(t, "../..")
	ps, err := layers.Load("../..", "./...")
	require.NoError(t, err)
	require.NotEmpty(t, ps)
	for _, p := range ps {
		t.Run(p.Path, func(t *testing.T) {
			inSource, err := layers.Source(p)
			require.NoError(t, err)
			for _, v := range append(layers.Imports(p), inSource...) {
				t.Error(v)
			}
		})
	}
}

// watch reads all folders, so that a cached result does not outlive a change of
// what is in them: the packages are read by another process.
func watch(t *testing.T, root string) {
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	}))
}

func TestImports(t *testing.T) {
	const (
		allowed = ""
		refused = "turn the dependency round"
		owned   = "may; ask that package"
	)
	cases := map[string]struct{ from, to, problem string }{
		"a function uses a domain":                    {"functions/assign", "./shared/score", allowed},
		"a function uses a store":                     {"functions/assign", "./shared/order/orderdb", allowed},
		"a function uses another function":            {"functions/assign", "./functions/notify", refused},
		"a function uses the gateway":                 {"functions/notify", "./gateway/hub", refused},
		"a function uses an emulator":                 {"functions/api", "./emulators/pubsub", refused},
		"a function uses an SDK":                      {"functions/api", "cloud.google.com/go/firestore", owned},
		"a function serves HTTP":                      {"functions/api", "net/http", allowed},
		"the registry knows the functions":            {"functions/registry", "./functions/assign", allowed},
		"the program runs the registry":               {"functions", "./functions/registry", allowed},
		"the program has logic":                       {"functions", "./shared/score", refused},
		"the gateway uses tracks":                     {"gateway/server", "./shared/track", allowed},
		"the gateway uses orders":                     {"gateway/server", "./shared/order", refused},
		"the functions' program uses the gateway":     {"functions", "./gateway/hub", refused},
		"the gateway's program wires its parts":       {"gateway", "./gateway/server", allowed},
		"the socket library in its place":             {"gateway/wsconn", "github.com/gorilla/websocket", allowed},
		"the socket library elsewhere":                {"gateway/hub", "github.com/gorilla/websocket", owned},
		"a domain uses the contract":                  {"shared/score", "./shared/event", allowed},
		"a domain uses another by a listed edge":      {"shared/assign", "./shared/road", allowed},
		"a domain uses another":                       {"shared/score", "./shared/order", refused},
		"a domain uses the platform":                  {"shared/order", "./shared/logs", refused},
		"a domain uses its own store":                 {"shared/order", "./shared/order/orderdb", refused},
		"a part of a domain uses the rest":            {"shared/road/profile", "./shared/road", allowed},
		"a domain serves HTTP":                        {"shared/order", "net/http", "is a domain"},
		"a domain reads files":                        {"shared/road", "os", "is a domain"},
		"the first Pub/Sub library":                   {"shared/bus", "cloud.google.com/go/pubsub", "nobody owns"},
		"a domain uses what nobody owns":              {"shared/order", "github.com/acme/left", "nobody owns"},
		"a store uses its own domain":                 {"shared/order/orderdb", "./shared/order", allowed},
		"a store uses documents":                      {"shared/order/orderdb", "./shared/docs", allowed},
		"a store uses Redis":                          {"shared/track/trackredis", "github.com/redis/go-redis/v9", allowed},
		"a store uses another domain":                 {"shared/order/orderdb", "./shared/courier", refused},
		"a store uses a neighbour":                    {"shared/order/orderdb", "./shared/order/orderredis", refused},
		"a store uses the bus":                        {"shared/order/orderdb", "./shared/bus", refused},
		"a client of a provider uses HTTP":            {"shared/catalog/cataloghttp", "net/http", allowed},
		"a store serves HTTP":                         {"shared/order/orderdb", "net/http", "is a store"},
		"the store of records, which are no domain":   {"shared/logs/logsdb", "./shared/logs", allowed},
		"the platform uses a domain":                  {"shared/docs", "./shared/order", refused},
		"the platform uses the platform, unlisted":    {"shared/bus", "./shared/docs", refused},
		"the platform uses the platform, listed":      {"shared/docs", "./shared/logs", allowed},
		"the contract uses the platform":              {"shared/event", "./shared/logs", refused},
		"a leaf uses the contract":                    {"shared/geo", "./shared/event", refused},
		"production uses a tool":                      {"shared/docs", "./scripts/layers", refused},
		"an emulator uses anything":                   {"emulators/stack", "./functions/registry", allowed},
		"a tool uses an emulator":                     {"scripts/bench", "./emulators/pubsub", allowed},
		"a package nobody has placed":                 {"shared/utilities", "fmt", "has no layer"},
		"a package in a folder that does not exist":   {"internal/x", "fmt", "has no layer"},
		"an import of a package nobody has placed":    {"functions/api", "./shared/utilities", "has no layer"},
		"a prefix of an SDK's name is not that SDK":   {"shared/docs", "cloud.google.com/go/firestoreish", "nobody owns"},
		"Redis below a domain, but not in its store":  {"shared/track", "github.com/redis/go-redis/v9", owned},
		"a store is not free to use any of the tools": {"shared/order/orderdb", "cloud.google.com/go/firestore", owned},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			vs := layers.Imports(layers.Package{Path: c.from, Imports: []string{c.to}})
			if c.problem == allowed {
				require.Empty(t, vs)
				return
			}
			require.Len(t, vs, 1)
			require.Contains(t, vs[0].String(), c.problem)
		})
	}
}

func TestSource(t *testing.T) {
	body := func(code string) string {
		return "package x\nimport (\"time\"; clock \"time\"; \"math/rand/v2\")\n" + code
	}
	cases := map[string]struct{ in, code, problem string }{
		"a domain that takes the time":        {"shared/score", body("func f(now time.Time, r *rand.Rand) clock.Time { return now.Add(time.Hour) }"), ""},
		"a domain that asks the clock":        {"shared/score", body("var _ = time.Now"), "uses time.Now"},
		"a domain that renames the clock":     {"shared/score", body("var _ = clock.Since"), "uses clock.Since"},
		"a domain that rolls the global dice": {"shared/score", body("var _ = rand.IntN(6)"), "uses rand.IntN"},
		"a domain with dice of its own":       {"shared/score", body("var _ = rand.New(rand.NewPCG(1, 2)).IntN(6)"), ""},
		"a method that is called Now":         {"shared/score", body("type c struct{}; func (c) Now() {}; var _ = c{}.Now"), ""},
		"a call that is banned":               {"functions", "package x\nimport \"github.com/GoogleCloudPlatform/functions-framework-go/functions\"\nvar _ = functions.CloudEvent", "register with HTTP"},
		"the platform asks the clock":         {"shared/logs", body("var _ = time.Now"), ""},
		"a file of 401 lines":                 {"shared/logs", "package x" + strings.Repeat("\n", 401), "has 401 lines"},
		"a file of 400 lines":                 {"shared/logs", "package x" + strings.Repeat("\n", 400), ""},
		"a generated file of 401 lines":       {"shared/logs", "// Code generated by x. DO NOT EDIT.\npackage x" + strings.Repeat("\n", 401), ""},
		"a function of 81 lines":              {"shared/logs", "package x\nfunc f() {" + strings.Repeat("\n", 80) + "}", "has 81 lines"},
		"a function of 80 lines":              {"shared/logs", "package x\nfunc f() {" + strings.Repeat("\n", 79) + "}", ""},
		"an emulator's function of 81 lines":  {"emulators/redis", "package x\nfunc f() {" + strings.Repeat("\n", 80) + "}", "has 81 lines"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.go")
			require.NoError(t, os.WriteFile(file, []byte(c.code), 0o600))
			vs, err := layers.Source(layers.Package{Path: c.in, Files: []string{file}})
			require.NoError(t, err)
			if c.problem == "" {
				require.Empty(t, vs)
				return
			}
			require.Len(t, vs, 1)
			require.Contains(t, vs[0].String(), c.problem)
		})
	}
}
