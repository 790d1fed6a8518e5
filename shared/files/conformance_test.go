package files_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	gcs "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"

	"lastmile/emulators/storage"
	"lastmile/shared/files"
)

// bucket is an empty bucket of some provider.
type bucket struct {
	*files.Bucket
	base string // where everybody would look for objects

	// lax tells of the cases that the provider lets pass why it does.
	lax map[string]string

	// life is how long a URL should be good that is to expire, and pass lets as much
	// time go by for the provider.
	life time.Duration
	pass func(time.Duration)
}

// clock is the provider's: it can go ahead.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) pass(d time.Duration) { c.ahead.Add(int64(d)) }

// opener makes an empty bucket of a provider.
type opener func(t *testing.T, o files.Options) bucket

// providers start what serves a provider's buckets. All that differs for us is
// the configuration.
var providers = map[string]func(t *testing.T) opener{
	"memory": func(*testing.T) opener {
		return func(t *testing.T, o files.Options) bucket { return serve(t, "mem://", o) }
	},
	"file": func(*testing.T) opener {
		return func(t *testing.T, o files.Options) bucket { return serve(t, "file://"+t.TempDir(), o) }
	},
	"google": func(*testing.T) opener { return google },
	"amazon": amazon,
	"azure":  azure,
}

// serve opens a bucket whose URLs we serve ourselves.
func serve(t *testing.T, address string, o files.Options) bucket {
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	c := &clock{}
	o.Base, o.Key, o.Now = srv.URL+"/objects/x", []byte("key"), c.Now
	b, err := files.Open(t.Context(), address, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	handler = b.Handler()
	return bucket{Bucket: b, base: o.Base, life: time.Minute, pass: c.pass}
}

// google opens a bucket of our emulator by the real client.
func google(t *testing.T, o files.Options) bucket {
	c := &clock{}
	srv, err := storage.Start(storage.Options{Now: c.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	account, err := srv.ServiceAccountJSON()
	require.NoError(t, err)
	var key struct {
		Email string `json:"client_email"`
		PEM   string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal(account, &key))
	pem := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(pem, []byte(key.PEM), 0o600))
	t.Setenv("STORAGE_EMULATOR_HOST", srv.Addr())

	admin, err := gcs.NewClient(t.Context(), option.WithEndpoint("http://"+srv.Addr()+"/storage/v1/"), option.WithoutAuthentication())
	require.NoError(t, err)
	defer admin.Close()
	require.NoError(t, admin.Bucket("files").Create(t.Context(), "p", nil))
	if o.Public {
		policy, err := admin.Bucket("files").IAM().Policy(t.Context())
		require.NoError(t, err)
		policy.Add("allUsers", "roles/storage.legacyObjectReader")
		require.NoError(t, admin.Bucket("files").IAM().SetPolicy(t.Context(), policy))
	}
	o.Base, o.EmulatorHost = "http://"+srv.Addr()+"/files", srv.Addr()
	q := url.Values{"anonymous": {"true"}, "access_id": {key.Email}, "private_key_path": {pem}}
	b, err := files.Open(t.Context(), "gs://files?"+q.Encode(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return bucket{Bucket: b, base: o.Base, life: time.Minute, pass: c.pass}
}

func TestEveryProvider(t *testing.T) {
	for name, start := range providers {
		t.Run(name, func(t *testing.T) {
			open := start(t)
			for name, test := range cases {
				t.Run(name, func(t *testing.T) { test(t, open(t, files.Options{})) })
			}
			for name, test := range signedCases {
				t.Run(name, func(t *testing.T) {
					b := open(t, files.Options{})
					if why := b.lax[name]; why != "" {
						t.Skip(why)
					}
					test(t, b)
				})
			}
			t.Run("everybody reads a public object and nobody lists", func(t *testing.T) { everybody(t, open(t, files.Options{Public: true})) })
		})
	}
}

// known is content of which everything is announced.
func known(content string) files.Content {
	sum := files.SumOf([]byte(content))
	return files.Content{Type: "text/plain", Size: int64(len(content)), Sum: &sum}
}

func write(t *testing.T, b bucket, name, content string) {
	t.Helper()
	_, err := b.Write(t.Context(), name, strings.NewReader(content), known(content))
	require.NoError(t, err)
}

func read(t *testing.T, b bucket, name string, offset, n int64) string {
	t.Helper()
	r, err := b.Read(t.Context(), name, offset, n)
	require.NoError(t, err)
	defer r.Close()
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(content)
}

func nothingAt(t *testing.T, b bucket, name string) {
	t.Helper()
	_, err := b.Size(t.Context(), name)
	require.ErrorIs(t, err, files.ErrNotFound)
	_, err = b.Read(t.Context(), name, 0, -1)
	require.ErrorIs(t, err, files.ErrNotFound)
	found, _, err := b.List(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, found)
}

var cases = map[string]func(t *testing.T, b bucket){
	"what is written is read, listed and deleted": func(t *testing.T, b bucket) {
		content := strings.Repeat("0123456789", 100_000)
		o, err := b.Write(t.Context(), "a/b.txt", strings.NewReader(content), files.Content{Type: "text/plain", Size: -1})
		require.NoError(t, err)
		require.Equal(t, files.Object{Size: 1_000_000, Sum: files.SumOf([]byte(content)), Type: "text/plain"}, o)
		require.Equal(t, content, read(t, b, "a/b.txt", 0, -1))
		size, err := b.Size(t.Context(), "a/b.txt")
		require.NoError(t, err)
		require.EqualValues(t, 1_000_000, size)
		write(t, b, "a/c", "x")
		first, next, err := b.List(t.Context(), "", 1)
		require.NoError(t, err)
		require.Len(t, first, 1)
		require.Equal(t, "a/b.txt", first[0].Name)
		rest, _, err := b.List(t.Context(), next, 5)
		require.NoError(t, err)
		require.Len(t, rest, 1)
		require.NoError(t, b.Delete(t.Context(), "a/b.txt"))
		require.NoError(t, b.Delete(t.Context(), "a/c"))
		require.NoError(t, b.Delete(t.Context(), "a/c"), "what is gone can be deleted again")
		nothingAt(t, b, "a/b.txt")
	},
	"nothing at all can be written": func(t *testing.T, b bucket) {
		write(t, b, "empty", "")
		require.Empty(t, read(t, b, "empty", 0, -1))
	},
	"ranges are read": func(t *testing.T, b bucket) {
		write(t, b, "r", "0123456789")
		require.Equal(t, "234", read(t, b, "r", 2, 3))
		require.Equal(t, "89", read(t, b, "r", 8, 30))
		require.Equal(t, "789", read(t, b, "r", 7, -1))
	},
	"a wrong sum is refused and nothing kept": func(t *testing.T, b bucket) {
		c := known("content")
		_, err := b.Write(t.Context(), "bad", strings.NewReader("c0ntent"), c)
		require.ErrorIs(t, err, files.ErrMismatch)
		nothingAt(t, b, "bad")
	},
	"a wrong sum leaves what was there": func(t *testing.T, b bucket) {
		write(t, b, "kept", "before")
		_, err := b.Write(t.Context(), "kept", strings.NewReader("aft3r"), known("after"))
		require.ErrorIs(t, err, files.ErrMismatch)
		require.Equal(t, "before", read(t, b, "kept", 0, -1))
	},
	"a truncated source is refused and nothing kept": func(t *testing.T, b bucket) {
		_, err := b.Write(t.Context(), "cut", strings.NewReader("conte"), files.Content{Size: 7})
		require.ErrorIs(t, err, files.ErrMismatch)
		nothingAt(t, b, "cut")
	},
	"a source that fails in the middle leaves nothing": func(t *testing.T, b bucket) {
		broken := io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), iotest.ErrReader(errors.New("line cut")))
		_, err := b.Write(t.Context(), "cut", broken, files.Content{Size: -1})
		require.ErrorContains(t, err, "line cut")
		nothingAt(t, b, "cut")
	},
	"more than the limit is refused and nothing kept": func(t *testing.T, b bucket) {
		_, err := b.Write(t.Context(), "large", strings.NewReader("12345"), files.Content{Size: -1, Limit: 4})
		require.ErrorIs(t, err, files.ErrTooLarge)
		nothingAt(t, b, "large")
	},
	"a name that leads elsewhere is refused": func(t *testing.T, b bucket) {
		for _, name := range []string{"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", `a\b`, "a\x00", "a?b", "x.attrs", strings.Repeat("a", 701)} {
			_, err := b.Write(t.Context(), name, strings.NewReader("x"), files.Content{Size: -1})
			require.ErrorIs(t, err, files.ErrName, "%q", name)
			_, err = b.SignGet(t.Context(), name, time.Now().Add(time.Minute))
			require.ErrorIs(t, err, files.ErrName, "%q", name)
		}
	},
	"of concurrent writes of one name one stays whole": func(t *testing.T, b bucket) {
		var wg sync.WaitGroup
		errs := make(chan error, 8)
		for i := range 8 {
			wg.Go(func() {
				content := strings.Repeat(fmt.Sprint(i), 50_000)
				_, err := b.Write(t.Context(), "one", strings.NewReader(content), known(content))
				errs <- err
			})
		}
		wg.Wait()
		for range 8 {
			require.NoError(t, <-errs)
		}
		content := read(t, b, "one", 0, -1)
		require.Equal(t, strings.Repeat(content[:1], 50_000), content)
	},
}

// do sends what a grant allows, changed by change.
func do(t *testing.T, g files.Grant, body string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), g.Method, g.URL, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range g.Header {
		r.Header.Set(name, value)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(content)
}

func put(t *testing.T, b bucket, name string, size int64, life time.Duration) files.Grant {
	t.Helper()
	g, err := b.SignPut(t.Context(), name, size, time.Now().Add(life))
	require.NoError(t, err)
	return g
}

func get(t *testing.T, b bucket, name string, life time.Duration) files.Grant {
	t.Helper()
	g, err := b.SignGet(t.Context(), name, time.Now().Add(life))
	require.NoError(t, err)
	return g
}

// refused demands that a request is not let through, and leaves nothing.
func refused(t *testing.T, b bucket, g files.Grant, body string, change func(*http.Request)) {
	t.Helper()
	status, _ := do(t, g, body, change)
	require.GreaterOrEqual(t, status, 400)
	require.Less(t, status, 500)
	nothingAt(t, b, "s")
}

var signedCases = map[string]func(t *testing.T, b bucket){
	"who holds a URL writes and reads": func(t *testing.T, b bucket) {
		status, body := do(t, put(t, b, "s", 7, time.Minute), "content", nil)
		require.Less(t, status, 300, body)
		status, body = do(t, put(t, b, "s", 7, time.Minute), "CONTENT", nil)
		require.Less(t, status, 300, body)
		status, body = do(t, get(t, b, "s", time.Minute), "", nil)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "CONTENT", body)
		status, body = do(t, get(t, b, "s", time.Minute), "", func(r *http.Request) { r.Header.Set("Range", "bytes=2-4") })
		require.Equal(t, http.StatusPartialContent, status)
		require.Equal(t, "NTE", body)
	},
	"refused: a URL whose time is over": func(t *testing.T, b bucket) {
		g := put(t, b, "s", 7, b.life)
		b.pass(b.life + time.Second)
		refused(t, b, g, "content", nil)
	},
	"refused: another name": func(t *testing.T, b bucket) {
		g := put(t, b, "z", 7, time.Minute)
		g.URL = strings.Replace(g.URL, "/z?", "/s?", 1)
		refused(t, b, g, "content", nil)
	},
	"refused: a longer life": func(t *testing.T, b bucket) {
		g := put(t, b, "s", 7, time.Minute)
		refused(t, b, g, "content", func(r *http.Request) {
			q := r.URL.Query()
			for _, name := range []string{"expires", "X-Goog-Expires", "X-Amz-Expires"} {
				if q.Has(name) {
					q.Set(name, q.Get(name)+"0")
				}
			}
			if q.Has("se") { // Azure's
				q.Set("se", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
			}
			r.URL.RawQuery = q.Encode()
		})
	},
	"refused: another method": func(t *testing.T, b bucket) {
		refused(t, b, get(t, b, "s", time.Minute), "content", func(r *http.Request) { r.Method = http.MethodPut })
		write(t, b, "s", "content")
		status, _ := do(t, put(t, b, "s", 7, time.Minute), "", func(r *http.Request) { r.Method, r.Body = http.MethodGet, nil })
		require.GreaterOrEqual(t, status, 400)
		status, _ = do(t, get(t, b, "s", time.Minute), "", func(r *http.Request) { r.Method = http.MethodDelete })
		require.GreaterOrEqual(t, status, 400)
		require.Equal(t, "content", read(t, b, "s", 0, -1))
	},
	"refused: another length": func(t *testing.T, b bucket) {
		refused(t, b, put(t, b, "s", 7, time.Minute), "more content", nil)
		refused(t, b, put(t, b, "s", 7, time.Minute), "less", nil)
	},
	"refused: no signature": func(t *testing.T, b bucket) {
		bare := files.Grant{Method: http.MethodPut, URL: b.base + "/s"}
		refused(t, b, bare, "content", nil)
		write(t, b, "s", "content")
		status, _ := do(t, files.Grant{Method: http.MethodGet, URL: b.base + "/s"}, "", nil)
		require.GreaterOrEqual(t, status, 400)
	},
}

func everybody(t *testing.T, b bucket) {
	write(t, b, "pictures/a.png", "picture")
	resp, err := http.Get(b.URL("pictures/a.png"))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, resp.Header.Get("Cache-Control"), "immutable")
	for _, folder := range []string{"", "/", "/pictures", "/pictures/", "/?list-type=2", "/?prefix=pictures", "?restype=container&comp=list"} {
		status, body := do(t, files.Grant{Method: http.MethodGet, URL: b.base + folder}, "", nil)
		require.GreaterOrEqual(t, status, 400, folder)
		require.NotContains(t, body, "a.png", folder)
	}
	status, _ := do(t, files.Grant{Method: http.MethodPut, URL: b.base + "/pictures/a.png"}, "defaced", nil)
	require.GreaterOrEqual(t, status, 400)
	require.Equal(t, "picture", read(t, b, "pictures/a.png", 0, -1))
}
