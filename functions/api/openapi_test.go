package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/api"
)

var update = flag.Bool("update", false, "write the golden document, unless that would break callers")

const goldenDocument = "testdata/openapi.json"

// tree is a JSON object.
type tree = map[string]any

func document(t *testing.T) tree {
	t.Helper()
	w := httptest.NewRecorder()
	api.New(api.Resources{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return parsed(t, w.Body.Bytes())
}

func parsed(t *testing.T, text []byte) tree {
	t.Helper()
	var d tree
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// An incompatible change needs a new version in the document, and is refused even
// with -update without one.
func TestTheDocumentStaysCompatible(t *testing.T) {
	now := document(t)
	text, err := json.MarshalIndent(now, "", " ")
	require.NoError(t, err)
	text = append(text, '\n')
	golden, err := os.ReadFile(goldenDocument)
	if err == nil {
		was := parsed(t, golden)
		if version(was) == version(now) {
			require.Empty(t, breaks(was, now), "these break callers: take them back, or raise the version of the document")
		}
	}
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(goldenDocument), 0o755))
		require.NoError(t, os.WriteFile(goldenDocument, text, 0o644))
		return
	}
	require.NoError(t, err)
	require.True(t, bytes.Equal(golden, text), "the document has changed, compatibly: run go test ./functions/api -update")
}

func version(d tree) any { return d["info"].(tree)["version"] }

func TestEveryRouteSaysWhatItMayCost(t *testing.T) {
	for name, op := range operations(document(t)) {
		require.Contains(t, op, "x-round-trips", "%s: register it with handle", name)
	}
}

func TestRoutesAreRegisteredInOneWay(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if name != "route.go" && !strings.HasSuffix(name, "_test.go") {
			require.NotContains(t, string(text), "huma.Register(", "%s: use handle, which gives a route its deadline and its budget", name)
		}
	}
}

func TestWhatBreaksCallers(t *testing.T) {
	const was = `{"paths":{"/x":{"post":{
		"parameters":[{"name":"limit","in":"query","schema":{"type":"integer","maximum":10}}],
		"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/In"}}}},
		"responses":{"200":{"content":{"application/json":{"schema":{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}}}}}}}}},
		"components":{"schemas":{"In":{"type":"object","required":["a"],"properties":{"a":{"type":"string","enum":["x","y"]},"b":{"type":"integer"}}}}}}`
	tests := map[string]struct {
		from, to string
		broken   bool
	}{
		"nothing":                          {"", "", false},
		"a route is removed":               {`"/x"`, `"/z"`, true},
		"a method is removed":              {`"post"`, `"put"`, true},
		"a parameter becomes required":     {`"in":"query"`, `"in":"query","required":true`, true},
		"a bound of a parameter narrows":   {`"maximum":10`, `"maximum":9`, true},
		"a bound of a parameter widens":    {`"maximum":10`, `"maximum":11`, false},
		"a field becomes required":         {`"required":["a"]`, `"required":["a","b"]`, true},
		"a field need not be sent":         {`"required":["a"]`, `"required":[]`, false},
		"a field is no longer taken":       {`,"b":{"type":"integer"}`, ``, true},
		"a new field may be sent":          {`"b":{"type":"integer"}`, `"b":{"type":"integer"},"c":{"type":"string"}`, false},
		"a type changes":                   {`"b":{"type":"integer"}`, `"b":{"type":"string"}`, true},
		"fewer values are taken":           {`["x","y"]`, `["x"]`, true},
		"more values are taken":            {`["x","y"]`, `["x","y","z"]`, false},
		"a field of the answer is gone":    {`"properties":{"id":{"type":"string"}}`, `"properties":{}`, true},
		"the answer may leave a field out": {`"required":["id"]`, `"required":[]`, true},
		"the answer has a new field":       {`"id":{"type":"string"}`, `"id":{"type":"string"},"n":{"type":"integer"}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found := breaks(parsed(t, []byte(was)), parsed(t, []byte(strings.Replace(was, test.from, test.to, 1))))
			require.Equal(t, test.broken, len(found) > 0, "%v", found)
		})
	}
}

// operations returns those of a document, as "GET /path".
func operations(d tree) map[string]tree {
	all := map[string]tree{}
	for path, methods := range at(d, "paths") {
		for method, op := range methods.(tree) {
			all[strings.ToUpper(method)+" "+path] = op.(tree)
		}
	}
	return all
}

// at returns an object within others; nil if it is not there.
func at(d tree, path ...string) tree {
	for _, p := range path {
		d, _ = d[p].(tree)
	}
	return d
}

// comparison collects what breaks the callers of a document in another.
type comparison struct {
	was, now tree
	found    []string
	seen     map[string]bool
}

func breaks(was, now tree) []string {
	c := &comparison{was: was, now: now, seen: map[string]bool{}}
	after := operations(now)
	for name, op := range operations(was) {
		if after[name] == nil {
			c.say(name, "is gone")
			continue
		}
		c.operation(name, op, after[name])
	}
	slices.Sort(c.found)
	return c.found
}

func (c *comparison) say(where, what string) { c.found = append(c.found, where+" "+what) }

func (c *comparison) operation(name string, was, now tree) {
	known := parameters(was)
	for key, p := range parameters(now) {
		old, ok := known[key]
		if required, _ := p["required"].(bool); required && (!ok || old["required"] != true) {
			c.say(name+" "+key, "has become required")
		}
		if ok {
			c.sent(name+" "+key, at(old, "schema"), at(p, "schema"))
		}
	}
	body := func(op tree) tree { return at(op, "requestBody", "content", "application/json", "schema") }
	c.sent(name+" body", body(was), body(now))
	for code := range at(was, "responses") {
		if strings.HasPrefix(code, "2") {
			answer := func(op tree) tree { return at(op, "responses", code, "content", "application/json", "schema") }
			c.got(name+" "+code, answer(was), answer(now))
		}
	}
}

func parameters(op tree) map[string]tree {
	all := map[string]tree{}
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		p := p.(tree)
		all[fmt.Sprint(p["in"], ".", p["name"])] = p
	}
	return all
}

// sent compares what callers may send: what was taken must still be.
func (c *comparison) sent(where string, was, now tree) {
	was, now, more := c.pair("sent", where, was, now)
	if !more {
		return
	}
	for _, field := range texts(now["required"]) {
		if !slices.Contains(texts(was["required"]), field) {
			c.say(where+"."+field, "has become required")
		}
	}
	if old, fresh := texts(was["enum"]), texts(now["enum"]); len(fresh) > 0 {
		narrower := len(old) == 0 || slices.ContainsFunc(old, func(v string) bool { return !slices.Contains(fresh, v) })
		if narrower {
			c.say(where, "takes fewer values")
		}
	}
	c.bounds(where, was, now)
	c.inner(where, was, now, c.sent)
}

func (c *comparison) bounds(where string, was, now tree) {
	for name, sign := range map[string]float64{"maximum": 1, "maxLength": 1, "maxItems": 1, "minimum": -1, "minLength": -1, "minItems": -1} {
		fresh, bounded := now[name].(float64)
		old, before := was[name].(float64)
		if bounded && (!before || sign*fresh < sign*old) && (before || name[:2] == "ma") {
			c.say(where, "has a narrower "+name)
		}
	}
}

// got compares what callers get: what was there must still be.
func (c *comparison) got(where string, was, now tree) {
	was, now, more := c.pair("got", where, was, now)
	if !more {
		return
	}
	for _, field := range texts(was["required"]) {
		if at(now, "properties")[field] != nil && !slices.Contains(texts(now["required"]), field) {
			c.say(where+"."+field, "may be left out")
		}
	}
	c.inner(where, was, now, c.got)
}

// pair resolves two schemas, and tells whether there is anything in them to
// compare.
func (c *comparison) pair(way, where string, was, now tree) (tree, tree, bool) {
	key := fmt.Sprint(way, " ", was["$ref"], " ", now["$ref"])
	if was["$ref"] != nil && c.seen[key] || was == nil {
		return nil, nil, false
	}
	c.seen[key] = true
	was, now = resolve(c.was, was), resolve(c.now, now)
	if !reflect.DeepEqual(kinds(was), kinds(now)) {
		c.say(where, fmt.Sprintf("was %v and is %v", kinds(was), kinds(now)))
		return nil, nil, false
	}
	return was, now, true
}

func resolve(d, schema tree) tree {
	if ref, ok := schema["$ref"].(string); ok {
		return at(d, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return schema
}

// kinds are the types of a schema, null aside.
func kinds(schema tree) []string {
	var all []string
	for _, k := range append(texts(schema["type"]), fmt.Sprint(schema["type"])) {
		if k != "null" && !strings.HasPrefix(k, "[") && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

func (c *comparison) inner(where string, was, now tree, compare func(string, tree, tree)) {
	fields := at(now, "properties")
	for _, name := range slices.Sorted(maps.Keys(at(was, "properties"))) {
		if fields[name] == nil {
			c.say(where+"."+name, "is gone")
			continue
		}
		compare(where+"."+name, at(was, "properties", name), at(now, "properties", name))
	}
	if items := at(was, "items"); items != nil {
		compare(where+"[]", items, at(now, "items"))
	}
}

func texts(v any) []string {
	list, _ := v.([]any)
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = fmt.Sprint(x)
	}
	return all
}
