package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	gcs "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"lastmile/emulators/storage"
)

// storageEngine is one implementation of Cloud Storage under test.
type storageEngine struct {
	client  *gcs.Client
	url     string // http://host:port
	account []byte // credentials file whose signed URLs it honours; nil = none is known
}

// storageCase is one promise of Cloud Storage, tried in a bucket of its own.
type storageCase struct {
	name    string
	account bool // needs an account that signs URLs
	run     func(t *testing.T, e storageEngine, b *gcs.BucketHandle)
}

func TestStorage(t *testing.T) {
	for name, start := range map[string]func(*testing.T) storageEngine{"ours": storageOurs, "google": storageGoogle} {
		t.Run(name, func(t *testing.T) {
			engine := start(t)
			for _, c := range storageCases() {
				t.Run(c.name, func(t *testing.T) {
					if c.account && engine.account == nil {
						t.Skip("no account is known whose signed URLs the engine honours; set LASTMILE_CONFORMANCE_STORAGE_ACCOUNT=file")
					}
					t.Parallel()
					c.run(t, engine, engine.bucket(t))
				})
			}
		})
	}
}

func storageOurs(t *testing.T) storageEngine {
	srv, err := storage.Start(storage.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	account, err := srv.ServiceAccountJSON()
	require.NoError(t, err)
	return storageEngine{client: storageDial(t, "http://"+srv.Addr()), url: "http://" + srv.Addr(), account: account}
}

// storageGoogle uses the endpoint in LASTMILE_CONFORMANCE_STORAGE (host:port, no TLS).
func storageGoogle(t *testing.T) storageEngine {
	addr := os.Getenv("LASTMILE_CONFORMANCE_STORAGE")
	if addr == "" {
		t.Skip("Google has no Cloud Storage emulator; set LASTMILE_CONFORMANCE_STORAGE=host:port to test another server")
	}
	e := storageEngine{client: storageDial(t, "http://"+addr), url: "http://" + addr}
	if file := os.Getenv("LASTMILE_CONFORMANCE_STORAGE_ACCOUNT"); file != "" {
		account, err := os.ReadFile(file)
		require.NoError(t, err)
		e.account = account
	}
	return e
}

func storageDial(t *testing.T, url string) *gcs.Client {
	client, err := gcs.NewClient(context.Background(), option.WithEndpoint(url+"/storage/v1/"), option.WithoutAuthentication())
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

var storageSerial atomic.Int64

func (e storageEngine) bucket(t *testing.T) *gcs.BucketHandle {
	b := e.client.Bucket(fmt.Sprintf("c%d-%d", time.Now().UnixNano(), storageSerial.Add(1)))
	require.NoError(t, b.Create(t.Context(), "conformance", nil))
	return b
}

// storageWrite writes content and returns the object's attributes.
func storageWrite(t *testing.T, o *gcs.ObjectHandle, content string) *gcs.ObjectAttrs {
	t.Helper()
	w := o.NewWriter(t.Context())
	_, err := io.WriteString(w, content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return w.Attrs()
}

func storageRead(t *testing.T, o *gcs.ObjectHandle) string {
	t.Helper()
	r, err := o.NewReader(t.Context())
	require.NoError(t, err)
	defer r.Close()
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(content)
}

func storageStatus(err error) int {
	var e *googleapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// storageCall sends a bare request, as a browser would.
func storageCall(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(content)
}

func storageCases() []storageCase {
	var all []storageCase
	for _, cases := range [][]storageCase{
		storageBucketCases(), storageObjectCases(), storageListCases(), storageConditionCases(),
		storageUploadCases(), storageResumableCases(), storageAccessCases(), storageSignCases(),
	} {
		all = append(all, cases...)
	}
	return all
}

func storageBucketCases() []storageCase {
	return []storageCase{
		{name: "a bucket has the attributes it was made with", run: func(t *testing.T, e storageEngine, _ *gcs.BucketHandle) {
			b := e.client.Bucket(fmt.Sprintf("attrs-%d", time.Now().UnixNano()))
			require.NoError(t, b.Create(t.Context(), "p", &gcs.BucketAttrs{Location: "EU", Labels: map[string]string{"team": "files"}}))
			got, err := b.Attrs(t.Context())
			require.NoError(t, err)
			require.Equal(t, "EU", got.Location)
			require.Equal(t, "files", got.Labels["team"])
			require.Equal(t, "STANDARD", got.StorageClass)
		}},
		{name: "a bucket is made once", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			require.Equal(t, http.StatusConflict, storageStatus(b.Create(t.Context(), "p", nil)))
		}},
		{name: "a bucket with a bad name is refused", run: func(t *testing.T, e storageEngine, _ *gcs.BucketHandle) {
			require.Equal(t, http.StatusBadRequest, storageStatus(e.client.Bucket("No Bucket").Create(t.Context(), "p", nil)))
		}},
		{name: "a bucket that is not there is said not to exist", run: func(t *testing.T, e storageEngine, _ *gcs.BucketHandle) {
			_, err := e.client.Bucket("missing-bucket").Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrBucketNotExist)
			_, err = e.client.Bucket("missing-bucket").Objects(t.Context(), nil).Next()
			require.ErrorIs(t, err, gcs.ErrBucketNotExist)
		}},
		{name: "buckets are listed", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			it := e.client.Buckets(t.Context(), "conformance")
			for {
				got, err := it.Next()
				require.NoError(t, err, "the bucket must come before the end")
				if got.Name == b.BucketName() {
					return
				}
			}
		}},
		{name: "a bucket that is not empty cannot be deleted", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "x")
			require.Equal(t, http.StatusConflict, storageStatus(b.Delete(t.Context())))
			require.NoError(t, b.Object("a").Delete(t.Context()))
			require.NoError(t, b.Delete(t.Context()))
			_, err := b.Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrBucketNotExist)
		}},
		{name: "labels change", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			var change gcs.BucketAttrsToUpdate
			change.SetLabel("a", "1")
			got, err := b.Update(t.Context(), change)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"a": "1"}, got.Labels)
			require.EqualValues(t, 2, got.MetaGeneration)
		}},
	}
}

func storageListCases() []storageCase {
	names := func(t *testing.T, it *gcs.ObjectIterator) (all []string) {
		for {
			o, err := it.Next()
			if errors.Is(err, iterator.Done) {
				return all
			}
			require.NoError(t, err)
			if o.Prefix != "" {
				all = append(all, o.Prefix)
			} else {
				all = append(all, o.Name)
			}
		}
	}
	fill := func(t *testing.T, b *gcs.BucketHandle, names ...string) {
		for _, name := range names {
			storageWrite(t, b.Object(name), name)
		}
	}
	return []storageCase{
		{name: "objects are listed by name", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			fill(t, b, "b", "a", "ä", "B")
			require.Equal(t, []string{"B", "a", "b", "ä"}, names(t, b.Objects(t.Context(), nil)))
		}},
		{name: "a prefix and a delimiter make folders", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			fill(t, b, "a/1", "a/2", "a/b/3", "ab", "c/4")
			require.ElementsMatch(t, []string{"a/", "ab", "c/"}, names(t, b.Objects(t.Context(), &gcs.Query{Delimiter: "/"})))
			require.ElementsMatch(t, []string{"a/1", "a/2", "a/b/"}, names(t, b.Objects(t.Context(), &gcs.Query{Prefix: "a/", Delimiter: "/"})))
			require.Equal(t, []string{"a/1", "a/2", "a/b/3", "ab"}, names(t, b.Objects(t.Context(), &gcs.Query{Prefix: "a"})))
		}},
		{name: "pages neither lose nor repeat", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			fill(t, b, "a/1", "a/2", "b", "c/1", "c/2", "d", "e/1")
			for _, q := range []*gcs.Query{nil, {Delimiter: "/"}} {
				whole := names(t, b.Objects(t.Context(), q))
				it := b.Objects(t.Context(), q)
				it.PageInfo().MaxSize = 2
				require.ElementsMatch(t, whole, names(t, it))
			}
		}},
		{name: "a listing may begin and end in the middle", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			fill(t, b, "a", "b", "c", "d")
			require.Equal(t, []string{"b", "c"}, names(t, b.Objects(t.Context(), &gcs.Query{StartOffset: "b", EndOffset: "d"})))
		}},
	}
}
