package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/job"
)

// guide makes the calls that a page shows, in its order. A $name in a request is
// what an earlier answer said; the first time that an answer has it, it is kept.
type guide struct {
	t    *testing.T
	url  string
	page string
	said map[string]string
}

func readGuide(t *testing.T, page, url string, said map[string]string) *guide {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	require.NoError(t, err)
	return &guide{t, url, string(text), said}
}

// code returns the blocks of the page that are marked so.
func (g *guide) code(mark string) []string {
	g.t.Helper()
	var all []string
	for _, m := range regexp.MustCompile("(?ms)^```"+mark+"\n(.*?)^```$").FindAllStringSubmatch(g.page, -1) {
		all = append(all, m[1])
	}
	require.NotEmpty(g.t, all, mark)
	return all
}

var variable = regexp.MustCompile(`\$[a-z]+`)

func (g *guide) filled(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := g.said[name[1:]]
		require.True(g.t, ok, "no answer has said what %s is", name)
		return value
	})
}

// exchange makes one call, and compares its answer.
func (g *guide) exchange(block string) {
	g.t.Helper()
	asked, want, ok := strings.Cut(block, "→ ")
	require.True(g.t, ok, "show the answer of\n%s", block)
	head, body := parts(g.filled(asked))
	method, path, _ := strings.Cut(head[0], " ")
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(body))
	require.NoError(g.t, err)
	r.Header.Set("Content-Type", "application/json")
	for _, line := range head[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(g.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(g.t, err)

	head, body = parts(want)
	require.Equal(g.t, head[0], resp.Status[:3], "%s\n%s", block, got)
	for _, line := range head[1:] {
		name, value, _ := strings.Cut(line, ": ")
		require.Equal(g.t, value, resp.Header.Get(name), "%s\n%s", block, name)
	}
	if body != "" {
		g.compare(decoded(g.t, []byte(body)), decoded(g.t, got), block)
	}
}

// parts are the lines before the first empty one or the first brace, and what
// follows.
func parts(text string) (head []string, body string) {
	for line := range strings.Lines(text) {
		if body != "" || line == "\n" || strings.HasPrefix(line, "{") {
			body += line
			continue
		}
		head = append(head, strings.TrimSpace(line))
	}
	return head, strings.TrimSpace(body)
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), "%s", text)
	return v
}

// compare holds got to what is shown of it.
func (g *guide) compare(want, got any, where string) {
	g.t.Helper()
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		require.True(g.t, ok, "%s\nanswer: %v", where, got)
		for name, v := range want {
			g.compare(v, fields[name], where+"\nanswer: "+name)
		}
	case []any:
		require.Len(g.t, got, len(want), where)
		for i, v := range want {
			g.compare(v, got.([]any)[i], where)
		}
	case string:
		name, ok := strings.CutPrefix(want, "$")
		if said := g.said[name]; ok && said == "" {
			require.NotEmpty(g.t, got, where)
			g.said[name] = got.(string)
			return
		}
		require.Equal(g.t, g.filled(want), got, where)
	default:
		require.Equal(g.t, want, got, where)
	}
}

func TestTheGuideForAppsHolds(t *testing.T) {
	b := openBakehouse(t, bread("oat", 380, 5), bread("rye", 420, 5))
	g := readGuide(t, "app.md", b.URL, map[string]string{})
	for _, block := range g.code("http") {
		g.exchange(block)
	}
}

func TestAProviderNeedsNoCode(t *testing.T) {
	b := openBakehouse(t)
	provider := httptest.NewServer(nil)
	defer provider.Close()
	g := readGuide(t, "extend.md", b.URL, map[string]string{"operator": b.Operator, "provider": provider.URL})
	provider.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := `{"count": 2, "products": []}`
		if r.URL.Query().Get("skip") == "0" {
			answer = g.code("json provider")[0]
		}
		_, _ = io.WriteString(w, answer)
	})
	for i, block := range g.code("http") {
		if i == 2 {
			require.Equal(t, job.Done, b.closed(t, job.ID(g.said["job"])).State)
		}
		g.exchange(block)
	}
}
