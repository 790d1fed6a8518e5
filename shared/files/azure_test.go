package files_test

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"

	"lastmile/shared/files"
)

const azureAccount = "lastmile"

// azure opens containers of Microsoft's own emulator, by the real client.
func azure(t *testing.T) opener {
	key := base64.StdEncoding.EncodeToString([]byte("a key of this test's own Azurite"))
	domain := azurite(t, key)
	return func(t *testing.T, o files.Options) bucket {
		t.Setenv("AZURE_STORAGE_ACCOUNT", azureAccount)
		t.Setenv("AZURE_STORAGE_KEY", key)
		name := "c" + strings.ToLower(rand.Text())
		base := "http://" + domain + "/" + azureAccount + "/" + name
		createContainer(t, base, key, o.Public)
		o.Base = base
		b, err := files.Open(t.Context(), "azblob://"+name+"?protocol=http&domain="+domain, o)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return bucket{
			Bucket: b, base: base, life: 2 * time.Second, pass: time.Sleep, // its clock cannot be put forward
			lax: map[string]string{"refused: another length": "Azure signs no length: an upload's is checked when it is confirmed"},
		}
	}
}

func createContainer(t *testing.T, address, key string, public bool) {
	t.Helper()
	credential, err := container.NewSharedKeyCredential(azureAccount, key)
	require.NoError(t, err)
	admin, err := container.NewClientWithSharedKeyCredential(address, credential, nil)
	require.NoError(t, err)
	o := &container.CreateOptions{}
	if blobs := container.PublicAccessTypeBlob; public {
		o.Access = &blobs
	}
	_, err = admin.Create(t.Context(), o)
	require.NoError(t, err)
}

var listens = regexp.MustCompile(`listens on http://([0-9.:]+)`)

// azurite starts Azurite where the machine has it, and returns its address.
func azurite(t *testing.T, key string) (domain string) {
	t.Helper()
	program, err := exec.LookPath(cmp.Or(os.Getenv("LASTMILE_AZURITE"), "azurite-blob"))
	if err != nil {
		t.Skip("no azurite-blob on PATH: npm install -g azurite, or say where it is in LASTMILE_AZURITE")
	}
	cmd := exec.Command(program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck")
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+azureAccount+":"+key)
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := listens.FindStringSubmatch(lines.Text()); found != nil {
			go func() {
				for lines.Scan() { // until it ends
				}
			}()
			return found[1]
		}
	}
	require.Fail(t, "Azurite has ended instead of serving")
	return ""
}
