package storage_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gcs "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/storage"
)

// start serves with one bucket, "box".
func start(t testing.TB, o storage.Options) (*storage.Server, *gcs.BucketHandle) {
	srv, err := storage.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	b := dial(t, srv)
	var exists *googleapi.Error
	if err := b.Create(t.Context(), "p", nil); !errors.As(err, &exists) || exists.Code != http.StatusConflict {
		require.NoError(t, err)
	}
	return srv, b
}

func dial(t testing.TB, srv *storage.Server) *gcs.BucketHandle {
	client, err := gcs.NewClient(t.Context(), option.WithEndpoint("http://"+srv.Addr()+"/storage/v1/"), option.WithoutAuthentication())
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	client.SetRetry(gcs.WithPolicy(gcs.RetryNever))
	return client.Bucket("box")
}

func write(t testing.TB, o *gcs.ObjectHandle, content string) error {
	w := o.NewWriter(t.Context())
	_, err := io.WriteString(w, content)
	return errors.Join(err, w.Close())
}

func read(t testing.TB, o *gcs.ObjectHandle) string {
	r, err := o.NewReader(t.Context())
	require.NoError(t, err)
	defer r.Close()
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(content)
}

// files counts the contents on disk.
func files(t *testing.T, dir string) int {
	entries, err := os.ReadDir(filepath.Join(dir, "blobs"))
	require.NoError(t, err)
	return len(entries)
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first, b := start(t, storage.Options{Dir: dir})
	require.NoError(t, write(t, b.Object("kept"), "content"))
	require.NoError(t, write(t, b.Object("replaced"), "old"))
	require.NoError(t, write(t, b.Object("replaced"), "new"))
	require.NoError(t, write(t, b.Object("deleted"), "x"))
	require.NoError(t, b.Object("deleted").Delete(t.Context()))
	before, err := b.Object("kept").Attrs(t.Context())
	require.NoError(t, err)
	account, err := first.ServiceAccountJSON()
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "blobs", "cut-by-a-crash"), []byte("half"), 0o600))

	second, b := start(t, storage.Options{Dir: dir})
	require.Equal(t, "content", read(t, b.Object("kept")))
	require.Equal(t, "new", read(t, b.Object("replaced")))
	_, err = b.Object("deleted").Attrs(t.Context())
	require.ErrorIs(t, err, gcs.ErrObjectNotExist)
	after, err := b.Object("kept").Attrs(t.Context())
	require.NoError(t, err)
	require.Equal(t, before.Generation, after.Generation)
	require.Equal(t, 2, files(t, dir), "nothing but what is there is on disk")
	again, err := second.ServiceAccountJSON()
	require.NoError(t, err)
	require.Equal(t, privateKey(t, account), privateKey(t, again), "signed URLs outlive a restart")
}

func privateKey(t *testing.T, account []byte) string {
	var fields map[string]string
	require.NoError(t, json.Unmarshal(account, &fields))
	return fields["private_key"]
}

func TestAKilledServerLosesNothingAcknowledged(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	_, b := start(t, storage.Options{Dir: dir})
	require.NoError(t, write(t, b.Object("a"), "content"))
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	_, again := start(t, storage.Options{Dir: copied})
	require.Equal(t, "content", read(t, again.Object("a")))
}

func TestARefusedWriteLeavesNothingOnDisk(t *testing.T) {
	for name, try := range map[string]func(b *gcs.BucketHandle) error{
		"a wrong sum": func(b *gcs.BucketHandle) error {
			w := b.Object("a").NewWriter(t.Context())
			w.CRC32C, w.SendCRC32C = 1, true
			_, _ = io.WriteString(w, "content")
			return w.Close()
		},
		"a broken precondition": func(b *gcs.BucketHandle) error {
			return write(t, b.Object("a").If(gcs.Conditions{GenerationMatch: 7}), "content")
		},
		"an object beyond the limit": func(b *gcs.BucketHandle) error {
			return write(t, b.Object("a"), strings.Repeat("x", 2000))
		},
		"a resumable upload beyond the limit": func(b *gcs.BucketHandle) error {
			w := b.Object("a").NewWriter(t.Context())
			w.ChunkSize = googleapi.MinUploadChunkSize
			_, _ = io.WriteString(w, strings.Repeat("x", 2*googleapi.MinUploadChunkSize))
			return w.Close()
		},
		"a name that is too long": func(b *gcs.BucketHandle) error {
			return write(t, b.Object(strings.Repeat("x", 1025)), "content")
		},
		"metadata that are too large": func(b *gcs.BucketHandle) error {
			w := b.Object("a").NewWriter(t.Context())
			w.Metadata = map[string]string{"k": strings.Repeat("x", 9000)}
			return w.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, b := start(t, storage.Options{Dir: dir, MaxObject: 1000})
			require.Error(t, try(b))
			require.Zero(t, files(t, dir))
		})
	}
}

func TestAReaderFinishesWhatWasReplacedMeanwhile(t *testing.T) {
	for name, dir := range map[string]string{"in memory": "", "on disk": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			_, b := start(t, storage.Options{Dir: dir})
			old := strings.Repeat("old ", 1<<20)
			require.NoError(t, write(t, b.Object("a"), old))
			r, err := b.Object("a").NewReader(t.Context())
			require.NoError(t, err)
			defer r.Close()
			require.NoError(t, write(t, b.Object("a"), "new"))
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, len(old), len(got))
			require.Equal(t, "new", read(t, b.Object("a")))
		})
	}
}

func TestContentsGoToDiskAndNotThroughMemory(t *testing.T) {
	srv, _ := start(t, storage.Options{Dir: t.TempDir()})
	const size = 256 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+srv.Addr()+"/upload/storage/v1/b/box/o?uploadType=media&name=big", io.LimitReader(zeros{}, size))
	require.NoError(t, err)
	req.Header.Set("X-Goog-Api-Client", "test")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size/8))
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestSignedURLsExpireByTheServersClock(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	srv, b := start(t, storage.Options{Now: clock})
	require.NoError(t, write(t, b.Object("a"), "content"))
	account, err := srv.ServiceAccountJSON()
	require.NoError(t, err)
	signed, err := gcs.SignedURL("box", "a", &gcs.SignedURLOptions{
		GoogleAccessID: "emulator@lastmile.iam.gserviceaccount.com", PrivateKey: []byte(privateKey(t, account)),
		Method: "GET", Scheme: gcs.SigningSchemeV4, Insecure: true, Hostname: srv.Addr(), Expires: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	for _, tc := range []struct {
		passed time.Duration
		status int
		body   string
	}{
		{0, http.StatusOK, "content"},
		{59 * time.Minute, http.StatusOK, "content"},
		{61 * time.Minute, http.StatusBadRequest, "<Code>ExpiredToken</Code>"},
		{-20 * time.Minute, http.StatusForbidden, "not valid yet"},
	} {
		mu.Lock()
		now = time.Now().Add(tc.passed)
		mu.Unlock()
		resp, err := http.Get(signed)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, tc.status, resp.StatusCode, "after %v", tc.passed)
		require.Contains(t, string(body), tc.body)
	}
}

func TestTheURLsOfOneServerAreNoneOfAnothers(t *testing.T) {
	one, b := start(t, storage.Options{})
	require.NoError(t, write(t, b.Object("a"), "content"))
	other, _ := start(t, storage.Options{})
	account, err := other.ServiceAccountJSON()
	require.NoError(t, err)
	forged, err := gcs.SignedURL("box", "a", &gcs.SignedURLOptions{
		GoogleAccessID: "emulator@lastmile.iam.gserviceaccount.com", PrivateKey: []byte(privateKey(t, account)),
		Method: "GET", Scheme: gcs.SigningSchemeV4, Insecure: true, Hostname: one.Addr(), Expires: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	resp, err := http.Get(forged)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}

func TestFaults(t *testing.T) {
	srv, b := start(t, storage.Options{})
	srv.Faults.Add(fault.Rule{Method: "POST /upload/", Code: codes.Unavailable, Times: 1})
	require.Error(t, write(t, b.Object("a"), "content"))
	_, err := b.Object("a").Attrs(t.Context())
	require.ErrorIs(t, err, gcs.ErrObjectNotExist)

	srv.Faults.Add(fault.Rule{Method: "POST /upload/", Code: codes.Unavailable, Times: 1, After: true})
	require.Error(t, write(t, b.Object("a"), "content"))
	require.Equal(t, "content", read(t, b.Object("a")), "the object is there though the answer was lost")
}

func TestManyClientsAtOnce(t *testing.T) {
	_, b := start(t, storage.Options{Dir: t.TempDir()})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			name := fmt.Sprintf("o%d", i%8)
			for range 5 {
				if err := write(t, b.Object(name), strings.Repeat(name, 100)); err != nil {
					t.Errorf("write %s: %v", name, err)
				}
				r, err := b.Object(name).NewReader(t.Context())
				if err != nil {
					t.Errorf("read %s: %v", name, err)
					return
				}
				got, err := io.ReadAll(r)
				if err != nil || string(got) != strings.Repeat(name, 100) {
					t.Errorf("read %s: %q, %v", name, got, err)
				}
				_ = r.Close()
			}
		})
	}
	wg.Wait()
}

func BenchmarkInsert(b *testing.B) {
	for name, dir := range map[string]string{"memory": "", "disk": b.TempDir()} {
		b.Run(name+" 1 MiB", func(b *testing.B) {
			b.ReportAllocs()
			_, bucket := start(b, storage.Options{Dir: dir})
			content := bytes.Repeat([]byte("x"), 1<<20)
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				w := bucket.Object("a").NewWriter(b.Context())
				w.ChunkSize = 0
				if _, err := w.Write(content); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
