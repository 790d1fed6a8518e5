// Package layers is the import law of this module, and the test that keeps it.
//
// It owns the layer of every package, what each layer may import, who owns which
// SDK, what pure code must not use, and how long files and functions may get.
// It promises that a package without a layer, an import that the law does not
// know and a dependency without an owner are reported, each with its remedy.
//
// A new function, store or emulator needs no change here. A new package in
// shared needs a layer; a new edge between packages of one layer needs a reason.
package layers

// layer is what a package is in the architecture.
type layer string

const (
	leaf      layer = "leaf"
	contract  layer = "contract"
	domain    layer = "domain"
	platform  layer = "platform"
	store     layer = "store"
	function  layer = "function"
	registry  layer = "registry"
	gateway   layer = "gateway"
	program   layer = "program"
	emulators layer = "emulators"
	tools     layer = "tools"
)

// layersByPattern gives every package its layer; the first pattern that matches
// counts. In a pattern * is one part of a path and a last ... any number.
var layersByPattern = []struct {
	layer    layer
	patterns []string
}{
	{leaf, []string{"shared/geo", "shared/shadow"}},
	{contract, []string{"shared/event"}},
	{store, []string{"shared/*/*db", "shared/*/*redis", "shared/*/*http", "shared/*/*timer", "shared/road/roadfile", "shared/track/intake", "shared/track/broadcast"}},
	{platform, []string{
		"shared/auth", "shared/bus", "shared/cutover", "shared/docs", "shared/files", "shared/function", "shared/httpapi", "shared/logs",
		"shared/nowait", "shared/platform", "shared/push", "shared/realtime", "shared/timer",
	}},
	{domain, []string{
		"shared/assign/...", "shared/attachment/...", "shared/bulk/...", "shared/campaign/...", "shared/cart/...", "shared/catalog/...",
		"shared/courier/...", "shared/deadletter/...", "shared/job/...", "shared/order/...", "shared/road/...", "shared/score/...", "shared/shop/...", "shared/track/...",
	}},
	{registry, []string{"functions/registry"}},
	{program, []string{"functions", "gateway"}},
	{function, []string{"functions/*"}},
	{gateway, []string{"gateway/..."}},
	{emulators, []string{"emulators/..."}},
	{tools, []string{"scripts/...", "terraform", "docs"}},
}

// mayImport lists what a layer may import without an edge. Emulators and tools
// may import everything. A store may import its own domain, and packages of a
// domain the others of the same domain.
var mayImport = map[layer][]layer{
	leaf:     {},
	contract: {},
	domain:   {leaf, contract},
	platform: {leaf, contract},
	store:    {leaf, contract},
	function: {leaf, contract, domain, platform, store},
	registry: {contract, platform, store, function},
	gateway:  {leaf, contract, platform, gateway},
	program:  {contract, platform, registry},
}

// edge allows an import that the layers alone do not.
type edge struct{ from, to, why string }

var edges = []edge{
	{"shared/bus", "shared/logs", "messages carry the context of records"},
	{"shared/docs", "shared/bus", "the outbox keeps messages in their wire form"},
	{"shared/cutover", "shared/docs", "its settings and comparisons are documents"},
	{"shared/docs", "shared/logs", "round trips are counted in the caller's record"},
	{"shared/timer", "shared/logs", "timers carry the context of records"},
	{"shared/files", "shared/logs", "round trips are counted in the caller's record"},
	{"shared/realtime", "shared/logs", "deliveries carry the context of records"},
	{"shared/realtime", "shared/nowait", "a gateway talks to Redis for every event"},
	{"shared/auth", "shared/docs", "sessions outlive Redis"},
	{"shared/push", "shared/docs", "devices are documents"},
	{"shared/push", "shared/logs", "the tokens of devices are secrets"},
	{"shared/push", "shared/realtime", "it pushes what no connection took"},
	{"shared/auth", "shared/logs", "who was refused, and why"},
	{"shared/httpapi", "shared/logs", "every request leaves a record"},
	{"shared/httpapi", "shared/docs", "answers are kept for those who ask again"},
	{"shared/httpapi", "shared/auth", "one layer of the chain is identity"},
	{"shared/function", "shared/*", "binds a function to all that calls it"},
	{"shared/platform", "shared/*", "opens every connection"},
	{"shared/platform", "shared/logs/logsdb", "records are kept from the first one on"},
	{"shared/platform", "shared/auth/*", "callers are let in everywhere alike"},
	{"shared/*/*", "shared/docs", "stores keep documents"},
	{"shared/*/*", "shared/logs", "stores count round trips"},
	{"shared/*/*timer", "shared/timer", "a domain's timers"},
	{"shared/attachment/attachmentdb", "shared/files", "a record tells of an object that was checked"},
	{"shared/job", "shared/bulk", "a job runs bulk operations"},
	{"shared/order/...", "shared/catalog", "an order's lines are items of a catalogue"},
	{"shared/cart", "shared/catalog", "a cart's lines are items of a catalogue"},
	{"shared/cart", "shared/shop", "what a shop and its zone ask of a cart"},
	{"shared/cart", "shared/campaign", "what campaigns take off"},
	{"shared/cart", "shared/order", "a quote has the lines and the price of an order"},
	{"shared/assign", "shared/order", "offers are about orders"},
	{"shared/assign", "shared/courier", "offers go to couriers"},
	{"shared/assign", "shared/road", "candidates are ranked by road time"},
	{"shared/assign/assigndb", "shared/courier", "the load of whoever accepts changes in the same commit"},
	{"shared/assign", "shared/score", "the score breaks ties"},
	{"shared/track/broadcast", "shared/realtime", "watchers are told where couriers are"},
	{"gateway", "gateway/...", "the program wires its parts"},
	{"gateway/...", "shared/track/...", "positions enter by the socket"},
}

// owners are the only production packages that may use a dependency. The longest
// prefix counts; a dependency without an owner is refused. Emulators, tools and
// tests are free.
var owners = map[string][]string{
	"cloud.google.com/go/firestore":                         {"shared/docs"},
	"cloud.google.com/go/pubsub/v2":                         {"shared/bus"},
	"cloud.google.com/go/cloudtasks":                        {"shared/timer"},
	"cloud.google.com/go/storage":                           {"shared/files"},
	"gocloud.dev":                                           {"shared/files"},
	"github.com/aws/aws-sdk-go-v2":                          {"shared/files"},
	"google.golang.org":                                     {"shared/docs", "shared/bus", "shared/timer", "shared/files", "shared/push"},
	"google.golang.org/api/idtoken":                         {"shared/platform"},
	"google.golang.org/protobuf/encoding/protowire":         {"shared/road/osm"},
	"github.com/gorilla/websocket":                          {"gateway/wsconn"},
	"github.com/GoogleCloudPlatform/functions-framework-go": {"functions"},
	"github.com/redis/go-redis":                             {"shared/realtime", "shared/*/*redis", "shared/httpapi", "shared/platform", "shared/auth"},
	"github.com/caarlos0/env":                               {"shared/platform"},
	"github.com/danielgtaylor/huma":                         {"functions/api", "shared/httpapi"},
	"github.com/coreos/go-oidc":                             {"shared/auth"},
	"github.com/golang-jwt/jwt":                             {"shared/auth"},
	"github.com/robfig/cron":                                {"shared/function"},
	"github.com/tidwall/gjson":                              {"shared/catalog"},
	"golang.org/x":                                          {"functions/...", "gateway/...", "shared/*", "shared/*/*db", "shared/*/*redis", "shared/*/*http"},
}

// impure are the packages of the standard library that a domain must not import.
var impure = []string{
	"context", "crypto/rand", "database/...", "embed", "io/ioutil", "log/...", "net", "net/http/...", "os/...", "runtime/...",
	"sync/...", "syscall/...",
}

// impureCalls are what a domain must not use of packages that it may import.
// Everything of math/rand but its types and constructors is one of them.
var impureCalls = map[string][]string{
	"time": {"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"},
}

// banned are calls that no production code makes, each for its reason.
var banned = map[string]map[string]string{
	"github.com/GoogleCloudPlatform/functions-framework-go/functions": {
		"CloudEvent": "some requests never get an answer under load: register with HTTP",
		"Typed":      "its input is shared between requests: register with HTTP",
	},
}

// Limits of size, for files that people write and that are not tests.
const (
	maxFileLines     = 400
	maxFunctionLines = 80
)

// longFunctions may be longer, each for a reason.
var longFunctions = map[string]string{}
