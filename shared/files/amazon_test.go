package files_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sigv4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"lastmile/shared/files"
)

const region = "us-east-1"

var account = aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}

// amazon opens buckets of a server that speaks S3, by the real client. The
// server checks no signature, so one that does stands before it.
func amazon(*testing.T) opener {
	return func(t *testing.T, o files.Options) bucket {
		c := &clock{}
		backend := s3mem.New()
		require.NoError(t, backend.CreateBucket("files"))
		srv := httptest.NewServer(&guard{next: gofakes3.New(backend).Server(), clock: c, public: o.Public})
		t.Cleanup(srv.Close)
		t.Setenv("AWS_ACCESS_KEY_ID", account.AccessKeyID)
		t.Setenv("AWS_SECRET_ACCESS_KEY", account.SecretAccessKey)
		o.Base = srv.URL + "/files"
		q := url.Values{"region": {region}, "endpoint": {srv.URL}, "use_path_style": {"true"}}
		b, err := files.Open(t.Context(), "s3://files?"+q.Encode(), o)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return bucket{Bucket: b, base: o.Base, life: time.Minute, pass: c.pass}
	}
}

// guard lets through what Amazon would: requests with a signature of version 4
// that has not expired and, if the bucket's policy lets everybody read, GETs of
// one object.
type guard struct {
	next   http.Handler
	clock  *clock
	public bool
	caches sync.Map // Cache-Control of each path, which the server behind forgets
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var ok bool
	switch {
	case q.Has("X-Amz-Signature"):
		ok = g.presigned(r, q)
	case r.Header.Get("Authorization") != "":
		ok = g.signed(r)
	default:
		object, found := strings.CutPrefix(r.URL.Path, "/files/")
		ok = g.public && r.Method == http.MethodGet && found && object != ""
	}
	if !ok {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodPut {
		g.caches.Store(r.URL.Path, r.Header.Get("Cache-Control"))
	} else if kept, found := g.caches.Load(r.URL.Path); found {
		w.Header().Set("Cache-Control", kept.(string))
	}
	g.next.ServeHTTP(w, r)
}

// presigned signs the request of a URL again, and compares.
func (g *guard) presigned(r *http.Request, q url.Values) bool {
	got := q.Get("X-Amz-Signature")
	at, err := time.Parse(amazonTime, q.Get("X-Amz-Date"))
	life, lifeErr := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || lifeErr != nil || g.clock.Now().After(at.Add(time.Duration(life)*time.Second)) {
		return false
	}
	q.Del("X-Amz-Signature")
	bare := only(r, q.Get("X-Amz-SignedHeaders"))
	bare.URL.RawQuery = q.Encode()
	again, _, err := sigv4.NewSigner().PresignHTTP(r.Context(), account, bare, "UNSIGNED-PAYLOAD", "s3", region, at, asStored)
	want, parseErr := url.Parse(again)
	return err == nil && parseErr == nil && want.Query().Get("X-Amz-Signature") == got
}

// signed signs a request again that has its signature in a header, and compares.
func (g *guard) signed(r *http.Request) bool {
	got := r.Header.Get("Authorization")
	at, err := time.Parse(amazonTime, r.Header.Get("X-Amz-Date"))
	_, rest, found := strings.Cut(got, "SignedHeaders=")
	if err != nil || !found {
		return false
	}
	names, _, _ := strings.Cut(rest, ",")
	bare := only(r, names)
	err = sigv4.NewSigner().SignHTTP(r.Context(), account, bare, r.Header.Get("X-Amz-Content-Sha256"), "s3", region, at, asStored)
	return err == nil && bare.Header.Get("Authorization") == got
}

const amazonTime = "20060102T150405Z"

// asStored signs paths as S3 does: they are not escaped again.
func asStored(o *sigv4.SignerOptions) { o.DisableURIPathEscaping = true }

// only is a request with those headers that were signed.
func only(r *http.Request, names string) *http.Request {
	u := *r.URL
	bare := &http.Request{Method: r.Method, URL: &u, Host: r.Host, Header: http.Header{}, ContentLength: r.ContentLength}
	for name := range strings.SplitSeq(names, ";") {
		if v := r.Header.Values(name); len(v) > 0 && name != "content-length" {
			bare.Header[http.CanonicalHeaderKey(name)] = v
		}
	}
	return bare
}
