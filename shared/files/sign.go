package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloud.google.com/go/storage"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
)

// Grant is a request that whoever holds it may send once or more, for a while.
type Grant struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Header  map[string]string `json:"headers,omitempty" doc:"to be sent exactly so"`
	Expires time.Time         `json:"expires"`
}

// ErrCannotSign is returned by a bucket that is not told how to give URLs.
var ErrCannotSign = errors.New("this bucket gives no URLs: set its base URL and its key")

// MaxGrant bounds how long a URL is good.
const MaxGrant = 6 * time.Hour

// URL is where everybody finds an object of a public bucket.
func (b *Bucket) URL(name string) string {
	return b.o.Base + "/" + (&url.URL{Path: name}).EscapedPath()
}

// SignGet lets its holder read one object until then.
func (b *Bucket) SignGet(ctx context.Context, name string, expires time.Time) (Grant, error) {
	g := Grant{Method: http.MethodGet, Expires: expires.UTC().Truncate(time.Second)}
	return b.sign(ctx, name, g, Content{})
}

// SignPut lets its holder write one object until then, of exactly this size.
// Those who then use the object check its sum: not every provider does.
func (b *Bucket) SignPut(ctx context.Context, name string, size int64, expires time.Time) (Grant, error) {
	g := Grant{Method: http.MethodPut, Expires: expires.UTC().Truncate(time.Second), Header: map[string]string{}}
	return b.sign(ctx, name, g, Content{Size: size})
}

func (b *Bucket) sign(ctx context.Context, name string, g Grant, c Content) (Grant, error) {
	if err := checkName(name); err != nil {
		return g, err
	}
	var err error
	if b.signsItself() {
		g.URL, err = b.bucket.SignedURL(ctx, name, b.signOptions(g, c))
	} else {
		g.URL, err = b.signHere(name, g, c)
	}
	if err != nil {
		return g, fmt.Errorf("sign %s of %s: %w", g.Method, name, err)
	}
	return g, nil
}

// signsItself reports whether the provider serves signed URLs.
func (b *Bucket) signsItself() bool {
	return b.scheme == "gs" || b.scheme == "s3" || b.scheme == "azblob"
}

// signOptions bind the provider's URL to as much as it lets us, and tell in g
// what the holder has to send.
func (b *Bucket) signOptions(g Grant, c Content) *blob.SignedURLOptions {
	o := &blob.SignedURLOptions{Method: g.Method, Expiry: min(time.Until(g.Expires), MaxGrant)}
	size := strconv.FormatInt(c.Size, 10)
	put := g.Method == http.MethodPut
	switch {
	case put && b.scheme == "gs":
		g.Header["X-Goog-Content-Length-Range"] = size + "," + size
	case put && b.scheme == "azblob":
		g.Header["X-Ms-Blob-Type"] = "BlockBlob"
	}
	o.BeforeSign = func(as func(any) bool) error {
		var google *storage.SignedURLOptions
		var amazon *s3.PutObjectInput
		switch {
		case as(&google):
			b.signGoogle(google, g.Header)
		case put && as(&amazon):
			amazon.ContentLength = &c.Size
		}
		return nil
	}
	return o
}

func (b *Bucket) signGoogle(o *storage.SignedURLOptions, header map[string]string) {
	o.Scheme = storage.SigningSchemeV4
	for name, value := range header {
		o.Headers = append(o.Headers, name+":"+value)
	}
	if b.o.EmulatorHost != "" {
		o.Insecure, o.Hostname = true, b.o.EmulatorHost
	}
}
