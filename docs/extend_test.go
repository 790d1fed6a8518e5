package docs_test

import (
	"encoding/json"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// block is code of a page that belongs to a file of the module.
type block struct{ kind, file, text string }

var fence = regexp.MustCompile("(?ms)^```(go|diff) (\\S+)\n(.*?)^```$")

func blocks(t *testing.T, page string) []block {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var all []block
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		all = append(all, block{m[1], m[2], m[3]})
	}
	require.NotEmpty(t, all)
	return all
}

// tree is the module with the files of a page laid over it.
type tree struct {
	t     *testing.T
	files map[string]string // by path from the module's root
}

func (x *tree) read(file string) string {
	if text, ok := x.files[file]; ok {
		return text
	}
	text, err := os.ReadFile(filepath.Join("..", file))
	require.NoError(x.t, err)
	return string(text)
}

func (x *tree) add(b block) {
	if b.kind == "go" {
		require.NoFileExists(x.t, filepath.Join("..", b.file), "the page shows how to add this file")
		x.files[b.file] = b.text
		return
	}
	before, after := sides(b.text)
	text := x.read(b.file)
	require.Equal(x.t, 1, strings.Count(text, before), "%s must have these lines once; show others in the page:\n%s", b.file, before)
	x.files[b.file] = strings.Replace(text, before, after, 1)
}

// sides are the lines of a diff before and after.
func sides(diff string) (before, after string) {
	for line := range strings.Lines(diff) {
		if line[0] != '+' {
			before += line[1:]
		}
		if line[0] != '-' {
			after += line[1:]
		}
	}
	return before, after
}

// overlay writes what the go command needs to see the tree, and returns its
// flag.
func (x *tree) overlay() string {
	dir := x.t.TempDir()
	replace := map[string]string{}
	for file, text := range x.files {
		formatted, err := format.Source([]byte(text))
		require.NoError(x.t, err, file)
		require.Equal(x.t, string(formatted), text, "%s is not as gofmt has it", file)
		at, err := filepath.Abs(filepath.Join("..", file))
		require.NoError(x.t, err)
		replace[at] = filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		require.NoError(x.t, os.WriteFile(replace[at], []byte(text), 0o600))
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(x.t, err)
	path := filepath.Join(dir, "overlay.json")
	require.NoError(x.t, os.WriteFile(path, content, 0o600))
	return "-overlay=" + path
}

// The tests of a package run in a copy of its folder, where they write goldens.
func TestTheExtensionsOfTheGuideWork(t *testing.T) {
	x := &tree{t, map[string]string{}}
	for _, b := range blocks(t, "extend.md") {
		x.add(b)
	}
	overlay := x.overlay()
	for _, c := range [][]string{
		{"shared/event", "-test.run=.", "-test.short", "-update"},
		{"shared/bulk", "-test.run=Operations|Refused|Parameters"},
		{"functions/tips", "-test.run=."},
	} {
		t.Run(c[0], func(t *testing.T) {
			dir := t.TempDir()
			if goldens := filepath.Join("..", c[0], "testdata"); exists(goldens) {
				require.NoError(t, os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS(goldens)))
			}
			program := filepath.Join(dir, "a.test")
			build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", overlay, "-o", program, "./"+c[0])
			build.Dir = ".."
			out, err := build.CombinedOutput()
			require.NoError(t, err, "%s", out)
			run := exec.CommandContext(t.Context(), program, c[1:]...)
			run.Dir = dir
			out, err = run.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
