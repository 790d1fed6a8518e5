package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam"
	gcs "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
)

// storageStart opens a resumable upload by hand and returns its URL.
func storageStart(t *testing.T, e storageEngine, b *gcs.BucketHandle, meta string) string {
	t.Helper()
	resp, body := storageCall(t, "POST", e.url+"/upload/storage/v1/b/"+b.BucketName()+"/o?uploadType=resumable&name=a", meta, "X-Goog-Api-Client", "test", "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	return resp.Header.Get("Location")
}

func storageResumableCases() []storageCase {
	return []storageCase{
		{name: "an upload tells how far it is and goes on from there", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			at := storageStart(t, e, b, `{"contentType":"text/plain"}`)
			resp, _ := storageCall(t, "PUT", at, "", "Content-Range", "bytes */*")
			require.Equal(t, http.StatusPermanentRedirect, resp.StatusCode)
			require.Empty(t, resp.Header.Get("Range"))
			resp, _ = storageCall(t, "PUT", at, "12345", "Content-Range", "bytes 0-4/9")
			require.Equal(t, http.StatusPermanentRedirect, resp.StatusCode)
			require.Equal(t, "bytes=0-4", resp.Header.Get("Range"))
			resp, _ = storageCall(t, "PUT", at, "", "Content-Range", "bytes */9")
			require.Equal(t, "bytes=0-4", resp.Header.Get("Range"))
			resp, _ = storageCall(t, "PUT", at, "456789", "Content-Range", "bytes 3-8/9")
			require.Equal(t, http.StatusOK, resp.StatusCode, "bytes that were received already are passed over")
			require.Equal(t, "123456789", storageRead(t, b.Object("a")))
			resp, body := storageCall(t, "PUT", at, "", "Content-Range", "bytes */9")
			require.Equal(t, http.StatusOK, resp.StatusCode, "a lost answer can be had again")
			require.Contains(t, body, `"name":"a"`)
		}},
		{name: "a piece that leaves a gap is refused and the upload goes on", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			at := storageStart(t, e, b, `{}`)
			resp, _ := storageCall(t, "PUT", at, "789", "Content-Range", "bytes 6-8/9")
			require.GreaterOrEqual(t, resp.StatusCode, 400)
			resp, _ = storageCall(t, "PUT", at, "123456789", "Content-Range", "bytes 0-8/9")
			require.Equal(t, http.StatusOK, resp.StatusCode)
		}},
		{name: "a total may come at the end", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			at := storageStart(t, e, b, `{}`)
			resp, _ := storageCall(t, "PUT", at, "12345", "Content-Range", "bytes 0-4/*")
			require.Equal(t, http.StatusPermanentRedirect, resp.StatusCode)
			resp, _ = storageCall(t, "PUT", at, "", "Content-Range", "bytes */5")
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.Equal(t, "12345", storageRead(t, b.Object("a")))
		}},
		{name: "sums in the last request are checked", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			at := storageStart(t, e, b, `{}`)
			resp, body := storageCall(t, "PUT", at, "123456789", "Content-Range", "bytes 0-8/9", "X-Goog-Hash", "crc32c=AAAAAA==")
			require.Equal(t, http.StatusBadRequest, resp.StatusCode)
			require.Contains(t, body, "4waSgw==", "the sum of the bytes is in the message")
			_, err := b.Object("a").Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
		}},
		{name: "a cancelled upload is gone", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			at := storageStart(t, e, b, `{}`)
			resp, _ := storageCall(t, "DELETE", at, "")
			require.Equal(t, 499, resp.StatusCode)
			resp, _ = storageCall(t, "PUT", at, "1", "Content-Range", "bytes 0-0/1")
			require.Contains(t, []int{http.StatusNotFound, http.StatusGone, 499}, resp.StatusCode)
		}},
	}
}

func storageAccessCases() []storageCase {
	publish := func(t *testing.T, b *gcs.BucketHandle, role iam.RoleName) {
		policy, err := b.IAM().Policy(t.Context())
		require.NoError(t, err)
		policy.Add(iam.AllUsers, role)
		require.NoError(t, b.IAM().SetPolicy(t.Context(), policy))
	}
	return []storageCase{
		{name: "the anonymous get nothing from a private bucket", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "secret")
			resp, body := storageCall(t, "GET", e.url+"/"+b.BucketName()+"/a", "")
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
			require.Contains(t, body, "<Code>AccessDenied</Code>")
			require.NotContains(t, body, "secret")
			resp, _ = storageCall(t, "GET", e.url+"/storage/v1/b/"+b.BucketName()+"/o/a?alt=media", "")
			require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
			resp, _ = storageCall(t, "PUT", e.url+"/"+b.BucketName()+"/a", "mine")
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
			resp, _ = storageCall(t, "DELETE", e.url+"/"+b.BucketName()+"/a", "")
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
		}},
		{name: "what allUsers may read, the anonymous read and cannot list or write", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "open")
			publish(t, b, "roles/storage.legacyObjectReader")
			resp, body := storageCall(t, "GET", e.url+"/"+b.BucketName()+"/a", "")
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.Equal(t, "open", body)
			resp, _ = storageCall(t, "GET", e.url+"/"+b.BucketName(), "")
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
			resp, _ = storageCall(t, "GET", e.url+"/storage/v1/b/"+b.BucketName()+"/o", "")
			require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
			resp, _ = storageCall(t, "PUT", e.url+"/"+b.BucketName()+"/a", "mine")
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
		}},
		{name: "a policy that was read before another change is refused", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			stale, err := b.IAM().Policy(t.Context())
			require.NoError(t, err)
			publish(t, b, "roles/storage.objectViewer")
			stale.Add(iam.AllUsers, "roles/storage.objectAdmin")
			require.Error(t, b.IAM().SetPolicy(t.Context(), stale))
		}},
		{name: "a browser of a permitted site may call", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			_, err := b.Update(t.Context(), gcs.BucketAttrsToUpdate{CORS: []gcs.CORS{{
				Origins: []string{"https://shop.example"}, Methods: []string{"PUT"}, ResponseHeaders: []string{"Content-Type"}, MaxAge: time.Hour,
			}}})
			require.NoError(t, err)
			resp, _ := storageCall(t, "OPTIONS", e.url+"/"+b.BucketName()+"/a", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "PUT")
			require.Equal(t, "https://shop.example", resp.Header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, "3600", resp.Header.Get("Access-Control-Max-Age"))
			resp, _ = storageCall(t, "OPTIONS", e.url+"/"+b.BucketName()+"/a", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "PUT")
			require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
		}},
	}
}

// storageSigner signs URLs with the engine's account.
func storageSigner(t *testing.T, e storageEngine) func(b *gcs.BucketHandle, object string, o gcs.SignedURLOptions) string {
	var account struct {
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal(e.account, &account))
	return func(b *gcs.BucketHandle, object string, o gcs.SignedURLOptions) string {
		o.GoogleAccessID, o.PrivateKey = account.Email, []byte(account.Key)
		o.Scheme, o.Insecure, o.Hostname = gcs.SigningSchemeV4, true, strings.TrimPrefix(e.url, "http://")
		if o.Expires.IsZero() {
			o.Expires = time.Now().Add(time.Minute)
		}
		signed, err := gcs.SignedURL(b.BucketName(), object, &o)
		require.NoError(t, err)
		return signed
	}
}

func storageSignCases() []storageCase {
	return []storageCase{
		{name: "a signed URL reads its object, and only that", account: true, run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a b/ü"), "content")
			storageWrite(t, b.Object("other"), "other")
			signed := storageSigner(t, e)(b, "a b/ü", gcs.SignedURLOptions{Method: "GET"})
			resp, body := storageCall(t, "GET", signed, "")
			require.Equal(t, http.StatusOK, resp.StatusCode, body)
			require.Equal(t, "content", body)
			u, err := url.Parse(signed)
			require.NoError(t, err)
			resp, body = storageCall(t, "GET", e.url+"/"+b.BucketName()+"/other?"+u.RawQuery, "")
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
			require.Contains(t, body, "<Code>SignatureDoesNotMatch</Code>")
		}},
		{name: "a signed URL is for its method", account: true, run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "content")
			signed := storageSigner(t, e)(b, "a", gcs.SignedURLOptions{Method: "GET"})
			for _, method := range []string{"PUT", "DELETE", "HEAD"} {
				resp, _ := storageCall(t, method, signed, "")
				require.Equal(t, http.StatusForbidden, resp.StatusCode, method)
			}
			require.Equal(t, "content", storageRead(t, b.Object("a")))
		}},
		{name: "a signed URL writes with the headers it was signed for", account: true, run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			o := gcs.SignedURLOptions{Method: "PUT", ContentType: "text/plain", Headers: []string{"x-goog-meta-owner:me", "x-goog-content-length-range:1,10"}}
			signed := storageSigner(t, e)(b, "a", o)
			with := []string{"Content-Type", "text/plain", "X-Goog-Meta-Owner", "me", "X-Goog-Content-Length-Range", "1,10"}
			resp, body := storageCall(t, "PUT", signed, "content", with...)
			require.Equal(t, http.StatusOK, resp.StatusCode, body)
			attrs, err := b.Object("a").Attrs(t.Context())
			require.NoError(t, err)
			require.Equal(t, "text/plain", attrs.ContentType)
			require.Equal(t, "me", attrs.Metadata["owner"])

			resp, _ = storageCall(t, "PUT", signed, "content", "Content-Type", "text/html", "X-Goog-Meta-Owner", "me", "X-Goog-Content-Length-Range", "1,10")
			require.Equal(t, http.StatusForbidden, resp.StatusCode, "another type")
			resp, _ = storageCall(t, "PUT", signed, "content", append([]string{"X-Goog-Meta-More", "x"}, with...)...)
			require.Equal(t, http.StatusBadRequest, resp.StatusCode, "a header that is not signed")
			resp, body = storageCall(t, "PUT", signed, "more than ten bytes", with...)
			require.Equal(t, http.StatusBadRequest, resp.StatusCode, "too long")
			require.Contains(t, body, "EntityTooLarge")
		}},
		{name: "sums are checked on signed writes, too", account: true, run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			signed := storageSigner(t, e)(b, "a", gcs.SignedURLOptions{Method: "PUT", Headers: []string{"x-goog-hash:crc32c=AAAAAA=="}})
			resp, _ := storageCall(t, "PUT", signed, "123456789", "X-Goog-Hash", "crc32c=AAAAAA==")
			require.Equal(t, http.StatusBadRequest, resp.StatusCode)
			_, err := b.Object("a").Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
		}},
		{name: "a signed URL can be for one who creates first", account: true, run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			signed := storageSigner(t, e)(b, "a", gcs.SignedURLOptions{Method: "PUT", Headers: []string{"x-goog-if-generation-match:0"}})
			resp, _ := storageCall(t, "PUT", signed, "first", "X-Goog-If-Generation-Match", "0")
			require.Equal(t, http.StatusOK, resp.StatusCode)
			resp, _ = storageCall(t, "PUT", signed, "second", "X-Goog-If-Generation-Match", "0")
			require.Equal(t, http.StatusPreconditionFailed, resp.StatusCode)
		}},
		{name: "any change to a signed URL spoils it", account: true, run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "content")
			signed := storageSigner(t, e)(b, "a", gcs.SignedURLOptions{Method: "GET", QueryParameters: url.Values{"response-content-type": {"text/plain"}}})
			resp, _ := storageCall(t, "GET", signed, "")
			require.Equal(t, http.StatusOK, resp.StatusCode)
			u, err := url.Parse(signed)
			require.NoError(t, err)
			for key, value := range map[string]string{
				"X-Goog-Expires": "60000", "X-Goog-Algorithm": "GOOG4-HMAC-SHA256", "X-Goog-Credential": "other@example.com/20261122/auto/storage/goog4_request",
				"X-Goog-SignedHeaders": "host;x-other", "X-Goog-Signature": strings.Repeat("00", 256), "response-content-type": "text/html", "extra": "1",
			} {
				q := u.Query()
				q.Set(key, value)
				resp, _ := storageCall(t, "GET", fmt.Sprintf("%s%s?%s", e.url, u.EscapedPath(), q.Encode()), "")
				require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, resp.StatusCode, key)
			}
		}},
	}
}
