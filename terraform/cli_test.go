package terraform_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func terraform(t *testing.T, dir string, args ...string) ([]byte, error) {
	t.Helper()
	binary, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not on PATH")
	}
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Dir = dir
	return c.CombinedOutput()
}

func TestIsFormatted(t *testing.T) {
	out, err := terraform(t, ".", "fmt", "-check", "-recursive", "-diff")
	require.NoError(t, err, "mend with: terraform fmt -recursive terraform\n%s", out)
}

// It needs the provider's program: one that terraform init may fetch, or one in a
// mirror that TF_CLI_CONFIG_FILE names.
func TestIsValidAndPlansWithoutACloud(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "terraform")
	require.NoError(t, os.CopyFS(dir, os.DirFS(".")))
	_ = os.RemoveAll(filepath.Join(dir, ".terraform"))
	if out, err := terraform(t, dir, "init", "-backend=false", "-input=false", "-no-color"); err != nil {
		t.Skipf("there is no provider here, so the plan is not tried: name a mirror in TF_CLI_CONFIG_FILE: %s", out)
	}
	out, err := terraform(t, dir, "validate", "-no-color")
	require.NoError(t, err, "%s", out)
	out, err = terraform(t, dir, "test", "-no-color")
	require.NoError(t, err, "%s", out)
}
