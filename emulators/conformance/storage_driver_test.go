package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	gcs "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcerrors"
	"gocloud.dev/gcp"

	"lastmile/emulators/storage"
)

// TestStorageThroughTheDriver drives ours as the platform does: by the portable
// driver, which finds it through STORAGE_EMULATOR_HOST.
func TestStorageThroughTheDriver(t *testing.T) {
	srv, err := storage.Start(storage.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	t.Setenv("STORAGE_EMULATOR_HOST", srv.Addr())
	require.NoError(t, storageDial(t, "http://"+srv.Addr()).Bucket("driver").Create(t.Context(), "p", nil))

	account, err := srv.ServiceAccountJSON()
	require.NoError(t, err)
	var key struct {
		Email string `json:"client_email"`
		PEM   string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal(account, &key))
	b, err := gcsblob.OpenBucket(t.Context(), gcp.NewAnonymousHTTPClient(gcp.DefaultTransport()), "driver", &gcsblob.Options{
		GoogleAccessID: key.Email, PrivateKey: []byte(key.PEM),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })

	t.Run("objects are written, read, described, copied, listed and deleted", func(t *testing.T) {
		require.NoError(t, b.WriteAll(t.Context(), "a/1", []byte("one"), &blob.WriterOptions{ContentType: "text/plain", Metadata: map[string]string{"k": "v"}}))
		got, err := b.ReadAll(t.Context(), "a/1")
		require.NoError(t, err)
		require.Equal(t, "one", string(got))
		attrs, err := b.Attributes(t.Context(), "a/1")
		require.NoError(t, err)
		require.Equal(t, "text/plain", attrs.ContentType)
		require.Equal(t, "v", attrs.Metadata["k"])
		require.NoError(t, b.Copy(t.Context(), "a/2", "a/1", nil))
		it := b.List(&blob.ListOptions{Prefix: "a/"})
		for _, want := range []string{"a/1", "a/2"} {
			o, err := it.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, o.Key)
		}
		_, err = it.Next(t.Context())
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, b.Delete(t.Context(), "a/1"))
		_, err = b.ReadAll(t.Context(), "a/1")
		require.Equal(t, gcerrors.NotFound, gcerrors.Code(err))
	})
	t.Run("a wrong MD5 is refused", func(t *testing.T) {
		err := b.WriteAll(t.Context(), "bad", []byte("content"), &blob.WriterOptions{ContentMD5: make([]byte, 16)})
		require.Error(t, err)
		exists, err := b.Exists(t.Context(), "bad")
		require.NoError(t, err)
		require.False(t, exists)
	})
	t.Run("an object is created once", func(t *testing.T) {
		require.NoError(t, b.WriteAll(t.Context(), "once", []byte("1"), &blob.WriterOptions{IfNotExist: true}))
		err := b.WriteAll(t.Context(), "once", []byte("2"), &blob.WriterOptions{IfNotExist: true})
		require.Equal(t, gcerrors.FailedPrecondition, gcerrors.Code(err))
	})
	t.Run("signed URLs of version 4 put and get", func(t *testing.T) {
		v4 := func(as func(any) bool) error {
			var o *gcs.SignedURLOptions
			if as(&o) {
				o.Scheme, o.Insecure, o.Hostname = gcs.SigningSchemeV4, true, srv.Addr()
			}
			return nil
		}
		put, err := b.SignedURL(t.Context(), "signed", &blob.SignedURLOptions{Method: "PUT", Expiry: time.Minute, ContentType: "text/plain", BeforeSign: v4})
		require.NoError(t, err)
		resp, body := storageCall(t, "PUT", put, "content", "Content-Type", "text/plain")
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		get, err := b.SignedURL(t.Context(), "signed", &blob.SignedURLOptions{Expiry: time.Minute, BeforeSign: v4})
		require.NoError(t, err)
		resp, body = storageCall(t, "GET", get, "")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Equal(t, "content", strings.TrimSpace(body))
	})
}
