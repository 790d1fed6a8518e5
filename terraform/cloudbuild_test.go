package terraform_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type build struct {
	Substitutions map[string]string
	Steps         []step
}

type step struct {
	ID, Name, Entrypoint string
	Args                 []string
	WaitFor              []string `yaml:"waitFor"`
}

func readBuild(t *testing.T) (build, string) {
	t.Helper()
	content, err := os.ReadFile("../cloudbuild.yaml")
	require.NoError(t, err)
	var b build
	require.NoError(t, yaml.Unmarshal(content, &b))
	return b, string(content)
}

func TestABuildTestsAndScansBeforeItDeploys(t *testing.T) {
	b, _ := readBuild(t)
	before := map[string][]string{} // all that ended before a step began
	for _, s := range b.Steps {
		require.NotEmpty(t, s.WaitFor, "%s: say what it waits for", s.ID)
		for _, w := range s.WaitFor {
			if w == "-" {
				continue
			}
			require.Contains(t, before, w, "%s waits for %s, which does not come before it", s.ID, w)
			before[s.ID] = append(append(before[s.ID], w), before[w]...)
		}
		if before[s.ID] == nil {
			before[s.ID] = []string{}
		}
	}
	require.Subset(t, before["deploy"], []string{"test", "scan", "push"})
	require.Contains(t, before["smoke"], "deploy")
	require.Contains(t, before["promote"], "smoke")
}

var (
	substitution = regexp.MustCompile(`\$\{(\w+)\}`)
	builtIn      = []string{"PROJECT_ID", "SHORT_SHA"}
)

func TestABuildsSubstitutionsAreThereAndUsed(t *testing.T) {
	b, text := readBuild(t)
	used := map[string]bool{}
	for _, m := range substitution.FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
		_, own := b.Substitutions[m[1]]
		require.True(t, own || slices.Contains(builtIn, m[1]), "${%s} is not defined", m[1])
	}
	for name := range b.Substitutions {
		require.True(t, used[name], "%s is not used", name)
	}
}

// Commands of gcloud, in a script or a Go source.
var (
	inShell = regexp.MustCompile(`gcloud ([a-z][^\n|>;)]*)`)
	nested  = regexp.MustCompile(`\$\(git [^)]*\)`)
	inGo    = regexp.MustCompile(`run\(ctx, ("[^\n]*)`)
	quoted  = regexp.MustCompile(`"([^"]*)"`)
)

func TestEveryFlagOfGcloudExists(t *testing.T) {
	tree := commands(t)
	checked := 0
	for file, pattern := range map[string]*regexp.Regexp{"../cloudbuild.yaml": inShell, "../scripts/bootstrap": inShell, "../scripts/rotate": inShell, "README.md": inShell, "OPERATIONS.md": inShell} {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		text := nested.ReplaceAllString(strings.ReplaceAll(string(content), "\\\n", " "), "")
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			check(t, tree, file, strings.Fields(m[1]))
			checked++
		}
	}
	content, err := os.ReadFile("../scripts/rollout/rollout.go")
	require.NoError(t, err)
	for _, m := range inGo.FindAllStringSubmatch(string(content), -1) {
		var words []string
		for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
			words = append(words, q[1])
		}
		check(t, tree, "rollout.go", words)
		checked++
	}
	require.Greater(t, checked, 10)
}

// check walks down the tree of commands and looks up the flags.
func check(t *testing.T, root node, file string, words []string) {
	t.Helper()
	at, depth := root, 0
	if len(words) > 0 && (words[0] == "beta" || words[0] == "alpha") {
		at, words = root.Commands[words[0]], words[1:]
	}
	for _, w := range words {
		next, ok := at.Commands[w]
		if !ok {
			break
		}
		at, depth = next, depth+1
	}
	if len(at.Commands) > 0 {
		t.Errorf("%s: gcloud %s: no such command", file, strings.Join(words, " "))
		return
	}
	for _, w := range words[depth:] {
		name, _, _ := strings.Cut(strings.Trim(w, `"'`+"`"), "=")
		if !strings.HasPrefix(name, "--") {
			continue
		}
		_, own := at.Flags[name]
		_, global := root.Flags[name]
		if !own && !global {
			t.Errorf("%s: gcloud %s has no flag %s", file, strings.Join(words[:depth], " "), name)
		}
	}
}

// node is a command of gcloud, in the tree that its completion uses.
type node struct {
	Commands map[string]node `json:"commands"`
	Flags    map[string]any  `json:"flags"`
}

func commands(t *testing.T) (root node) {
	t.Helper()
	binary, err := exec.LookPath("gcloud")
	if err != nil {
		t.Skip("gcloud is not on PATH, so its flags are not checked")
	}
	binary, err = filepath.EvalSymlinks(binary)
	require.NoError(t, err)
	for _, dir := range []string{filepath.Dir(filepath.Dir(binary)), "/usr/lib/google-cloud-sdk"} {
		content, err := os.ReadFile(filepath.Join(dir, "data/cli/gcloud_completions.py"))
		if err != nil {
			continue
		}
		_, tree, _ := strings.Cut(string(content), "STATIC_COMPLETION_CLI_TREE = ")
		require.NoError(t, json.Unmarshal([]byte(tree), &root))
		return root
	}
	t.Skip("this gcloud has no tree of its commands, so its flags are not checked")
	return root
}
