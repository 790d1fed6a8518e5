// Package terraform_test reads the configuration as Terraform does, and holds it
// to what neither validate nor plan notice.
package terraform_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"lastmile/shared/function"
	"lastmile/shared/logs"
)

// sources are the bodies of all .tf files, by path.
func sources(t *testing.T) map[string]*hclsyntax.Body {
	t.Helper()
	top, err := filepath.Glob("*.tf")
	require.NoError(t, err)
	modules, err := filepath.Glob("modules/*/*.tf")
	require.NoError(t, err)
	bodies := map[string]*hclsyntax.Body{}
	for _, path := range append(top, modules...) {
		bodies[path] = parse(t, path)
	}
	require.Greater(t, len(bodies), 15)
	return bodies
}

func parse(t *testing.T, path string) *hclsyntax.Body {
	t.Helper()
	file, problems := hclparse.NewParser().ParseHCLFile(path)
	require.False(t, problems.HasErrors(), problems.Error())
	return file.Body.(*hclsyntax.Body)
}

// resources are the blocks of a type of resource, by "path: name".
func resources(t *testing.T, kind string) map[string]*hclsyntax.Body {
	found := map[string]*hclsyntax.Body{}
	for path, body := range sources(t) {
		for _, b := range body.Blocks {
			if b.Type == "resource" && b.Labels[0] == kind {
				found[path+": "+b.Labels[1]] = b.Body
			}
		}
	}
	require.NotEmpty(t, found, "no %s", kind)
	return found
}

// block is the first block along a path of types; dynamic ones count.
func block(body *hclsyntax.Body, path ...string) *hclsyntax.Body {
	for _, kind := range path {
		i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool {
			return b.Type == kind || b.Type == "dynamic" && b.Labels[0] == kind
		})
		if i < 0 {
			return nil
		}
		b := body.Blocks[i]
		body = b.Body
		if b.Type == "dynamic" {
			body = block(body, "content")
		}
	}
	return body
}

// texts are the literal strings of a file, with their places.
func texts(body *hclsyntax.Body) map[string]string {
	found := map[string]string{}
	_ = hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
		if l, ok := node.(*hclsyntax.LiteralValueExpr); ok && l.Val.Type().FriendlyName() == "string" && !l.Val.IsNull() {
			found[l.Range().String()] = l.Val.AsString()
		}
		return nil
	})
	return found
}

func topology(t *testing.T) function.Topology {
	t.Helper()
	var v function.Topology
	content, err := os.ReadFile("topology.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &v))
	return v
}

// The topology alone says what there is, so that adding to it needs no edit here.
func TestNothingOfTheTopologyIsWrittenTwice(t *testing.T) {
	names := map[string]string{}
	top := topology(t)
	for _, n := range append(top.Topics, top.DeadLetterTopic) {
		names[n] = "topic"
	}
	for _, f := range append(top.Functions, top.Gateway) {
		names[f.Name] = "service"
		for _, s := range f.Subscriptions {
			names[s.Name] = "subscription"
		}
	}
	for path, body := range sources(t) {
		for place, text := range texts(body) {
			for name, kind := range names {
				whole := regexp.MustCompile(`(^|[="\s])` + regexp.QuoteMeta(name) + `(["\s]|$)`)
				if whole.MatchString(text) && !isLabel(path, text, name) {
					t.Errorf("%s: the %s %q is written here: take it from the topology", place, kind, name)
				}
			}
		}
	}
}

// isLabel says that a text only happens to be the name of a service: that of a
// descriptive name, such as the title of a chart.
func isLabel(path, text, name string) bool {
	return strings.Contains(path, "modules/observability") && strings.Contains(text, " "+name+" ") && !strings.Contains(text, "=")
}

func TestEverySubscriptionIsSignedRetriedAndHasDeadLetters(t *testing.T) {
	for name, s := range resources(t, "google_pubsub_subscription") {
		require.NotNil(t, block(s, "push_config", "oidc_token"), "%s pushes unsigned calls", name)
		require.NotNil(t, block(s, "retry_policy"), "%s retries at once", name)
		require.NotNil(t, block(s, "dead_letter_policy"), "%s has no dead letters", name)
		require.NotNil(t, block(s, "expiration_policy"), "%s is deleted after 31 quiet days", name)
		require.Contains(t, s.Attributes, "ack_deadline_seconds", name)
	}
	for name, j := range resources(t, "google_cloud_scheduler_job") {
		require.NotNil(t, block(j, "http_target", "oidc_token"), "%s makes unsigned calls", name)
	}
}

var counted = regexp.MustCompile(`jsonPayload\.([\w.]+)`)

// Each filter names a place at which a record, as it is printed, has its signal.
func TestMetricsCountWhatRecordsSay(t *testing.T) {
	content, err := os.ReadFile("modules/observability/main.tf")
	require.NoError(t, err)
	records := signalled(t)
	var names []string
	for _, m := range counted.FindAllStringSubmatch(string(content), -1) {
		steps := strings.Split(m[1], ".")
		names = append(names, steps[len(steps)-1])
		require.True(t, slices.ContainsFunc(records, func(r any) bool {
			for _, step := range steps {
				fields, _ := r.(map[string]any)
				r = fields[step]
			}
			return r != nil
		}), "no record has %s: %v", m[1], records)
	}
	require.ElementsMatch(t, logs.Signals(), names)
}

// signalled returns records with every signal: of an operation that was slow, and
// of one that says the rest.
func signalled(t *testing.T) (records []any) {
	t.Helper()
	var out bytes.Buffer
	now := time.Now()
	l := logs.New(logs.Options{Out: &out, SlowAfter: logs.Thresholds{"event": time.Second}, Now: func() time.Time {
		now = now.Add(time.Second)
		return now
	}})
	_, op := logs.Begin(t.Context(), l, "assign order.changed.v1", logs.Fields{})
	op.End(nil)
	var said []any
	for _, signal := range logs.Signals() {
		said = append(said, signal, 1)
	}
	l.Logger().Warn("what alerts count", said...)
	for line := range bytes.Lines(out.Bytes()) {
		var r any
		require.NoError(t, json.Unmarshal(line, &r))
		records = append(records, r)
	}
	return records
}

func TestARolloutIsNoDrift(t *testing.T) {
	for name, s := range resources(t, "google_cloud_run_v2_service") {
		lifecycle := block(s, "lifecycle")
		require.NotNil(t, lifecycle, name)
		var ignored []string
		for _, e := range lifecycle.Attributes["ignore_changes"].Expr.(*hclsyntax.TupleConsExpr).Exprs {
			traversal, problems := hcl.AbsTraversalForExpr(e)
			require.False(t, problems.HasErrors(), problems.Error())
			ignored = append(ignored, path(traversal))
		}
		require.Subset(t, ignored, []string{"traffic", "template[0].containers[0].image", "template[0].revision"}, name)
	}
}

func path(t hcl.Traversal) string {
	var s strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			s.WriteString(step.Name)
		case hcl.TraverseAttr:
			s.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			n, _ := step.Key.AsBigFloat().Int64()
			fmt.Fprintf(&s, "[%d]", n)
		}
	}
	return s.String()
}

// roles are those that this system grants: a typing error in one is noticed by no
// plan.
var roles = []string{
	"roles/artifactregistry.writer", "roles/cloudkms.cryptoKeyEncrypterDecrypter", "roles/cloudtasks.enqueuer", "roles/cloudtasks.taskDeleter",
	"roles/cloudtrace.agent", "roles/containeranalysis.occurrences.viewer", "roles/datastore.user", "roles/firebasecloudmessaging.admin",
	"roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/logging.logWriter", "roles/logging.viewer", "roles/memorystore.dbConnectionUser",
	"roles/monitoring.metricWriter", "roles/ondemandscanning.admin", "roles/pubsub.publisher", "roles/pubsub.subscriber", "roles/run.developer",
	"roles/run.invoker", "roles/secretmanager.secretAccessor", "roles/storage.legacyObjectReader", "roles/storage.objectUser", "roles/storage.objectViewer",
}

func TestRolesAreKnownAndNarrow(t *testing.T) {
	granted := map[string]bool{}
	for _, body := range sources(t) {
		for place, text := range texts(body) {
			if strings.HasPrefix(text, "roles/") {
				require.Contains(t, roles, text, "%s: an unknown role", place)
				granted[text] = true
			}
		}
	}
	for _, role := range roles {
		require.True(t, granted[role], "%s is granted nowhere: take it from the list", role)
	}
}

func TestNoValueOfASecretIsInTheConfiguration(t *testing.T) {
	for file, body := range sources(t) {
		_ = hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
			switch node := node.(type) {
			case *hclsyntax.Attribute:
				require.NotContains(t, []string{"secret_data", "password", "auth_string", "private_key"}, node.Name, "%s: %s would be in the state", file, node.Name)
			case *hclsyntax.Block:
				require.NotContains(t, node.Labels, "google_service_account_key", "%s: keys of accounts are in the state", file)
			}
			return nil
		})
	}
}

// What follows Google refuses only when it is applied.

var (
	serviceName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,47}[a-z0-9])?$`)
	topicName   = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9._~%+]{2,254}$`)
)

func TestTheTopologyIsWithinGooglesLimits(t *testing.T) {
	top := topology(t)
	for _, name := range append(top.Topics, top.DeadLetterTopic) {
		require.Regexp(t, topicName, name)
		require.False(t, strings.HasPrefix(name, "goog"), name)
	}
	all := append(slices.Clone(top.Functions), top.Gateway)
	for _, f := range all {
		require.Regexp(t, serviceName, f.Name)
		require.LessOrEqual(t, len("run-"+f.Name), 30, "%s: its account's id is too long", f.Name)
		require.GreaterOrEqual(t, len("run-"+f.Name), 6, f.Name)
		require.True(t, f.Timeout >= 1 && f.Timeout <= 3600, "%s: Cloud Run ends calls after an hour", f.Name)
		for _, s := range f.Subscriptions {
			require.Regexp(t, topicName, s.Name)
			require.True(t, s.AckDeadline >= 10 && s.AckDeadline <= 600 && s.AckDeadline > f.Timeout, s.Name)
			require.True(t, s.MinBackoff >= 0 && s.MinBackoff <= s.MaxBackoff && s.MaxBackoff <= 600, s.Name)
			require.True(t, s.Attempts >= 5 && s.Attempts <= 100, s.Name)
		}
		for _, s := range f.Schedules {
			_, err := cron.ParseStandard(s.Cron)
			require.NoError(t, err, s.Name)
			require.LessOrEqual(t, f.Timeout, 1800, "%s: Cloud Scheduler waits half an hour", s.Name)
		}
		for _, c := range f.Calls {
			require.True(t, slices.ContainsFunc(all, func(s function.Service) bool { return s.Name == c }), "%s calls %s, which is not there", f.Name, c)
		}
	}
}

func TestEveryPathLeadsToOneService(t *testing.T) {
	owner := map[string]string{}
	top := topology(t)
	for _, f := range append(top.Functions, top.Gateway) {
		for _, p := range f.Paths {
			require.Empty(t, owner[p], "%s is that of two services", p)
			require.True(t, strings.HasPrefix(p, "/") && strings.Count(p, "*") <= 1 && (!strings.Contains(p, "*") || strings.HasSuffix(p, "/*")), "%s: the load balancer knows * at the end only", p)
			require.False(t, strings.HasPrefix(p, "/files"), "%s is where public files are", p)
			owner[p] = f.Name
		}
	}
	require.Contains(t, owner, "/*", "a service takes what no other does")
}

// size is that of a class of services in a .tfvars file.
type size struct {
	CPU         int  `json:"cpu"`
	Memory      int  `json:"memory"`
	Concurrency int  `json:"concurrency"`
	Min         int  `json:"min"`
	Max         int  `json:"max"`
	AlwaysOn    bool `json:"always_on"`
}

func TestSizesAreThoseOfCloudRun(t *testing.T) {
	defaults := variable(t, "variables.tf", "sizes")
	for file, expr := range map[string]hclsyntax.Expression{"variables.tf": defaults, "production.tfvars": parse(t, "production.tfvars").Attributes["sizes"].Expr} {
		sizes := map[string]size{}
		decode(t, expr, &sizes)
		for _, f := range append(topology(t).Functions, topology(t).Gateway) {
			require.Contains(t, sizes, string(f.Class), "%s has no size for %s", file, f.Name)
		}
		for class, s := range sizes {
			require.Contains(t, []int{1, 2, 4, 6, 8}, s.CPU, "%s %s", file, class)
			require.True(t, s.Memory >= 512 && s.Memory <= 32768, "%s %s: the second generation needs 512 MiB", file, class)
			require.LessOrEqual(t, s.Memory, map[int]int{1: 4096, 2: 8192, 4: 16384, 6: 24576, 8: 32768}[s.CPU], "%s %s: more memory needs more CPU", file, class)
			require.True(t, s.Concurrency >= 1 && s.Concurrency <= 1000, "%s %s", file, class)
			require.True(t, s.Min >= 0 && s.Min <= s.Max && s.Max >= 1 && s.Max <= 1000, "%s %s", file, class)
		}
	}
}

func TestProductionHasNoSinglePointOfFailure(t *testing.T) {
	production := parse(t, "production.tfvars").Attributes
	var protected, armor bool
	decode(t, production["protected"].Expr, &protected)
	decode(t, production["armor"].Expr, &armor)
	require.True(t, protected && armor)
	var redis struct{ Replicas int }
	decode(t, production["redis"].Expr, &redis)
	require.Positive(t, redis.Replicas)
	sizes := map[string]size{}
	decode(t, production["sizes"].Expr, &sizes)
	for _, class := range []function.Class{function.Interactive, function.Warm, function.Sockets} {
		require.GreaterOrEqual(t, sizes[string(class)].Min, 2, class)
	}
	require.True(t, sizes["sockets"].AlwaysOn && sizes["warm"].AlwaysOn, "between calls, sockets need their processor, and so does what is kept warm")
}

func variable(t *testing.T, file, name string) hclsyntax.Expression {
	t.Helper()
	for _, b := range parse(t, file).Blocks {
		if b.Type == "variable" && b.Labels[0] == name {
			return b.Body.Attributes["default"].Expr
		}
	}
	t.Fatalf("%s has no variable %s", file, name)
	return nil
}

// decode reads a constant expression by way of JSON.
func decode(t *testing.T, e hclsyntax.Expression, into any) {
	t.Helper()
	v, problems := e.Value(nil)
	require.False(t, problems.HasErrors(), problems.Error())
	content, err := ctyjson.SimpleJSONValue{Value: v}.MarshalJSON()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into))
}
