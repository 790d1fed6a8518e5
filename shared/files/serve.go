package files

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// signHere signs for [Bucket.Handler].
func (b *Bucket) signHere(name string, g Grant, c Content) (string, error) {
	if b.o.Base == "" || len(b.o.Key) == 0 {
		return "", ErrCannotSign
	}
	q := url.Values{"expires": {strconv.FormatInt(g.Expires.Unix(), 10)}}
	if g.Method == http.MethodPut {
		q.Set("size", strconv.FormatInt(c.Size, 10))
	}
	q.Set("signature", b.signature(g.Method, name, q))
	return b.URL(name) + "?" + q.Encode(), nil
}

// signature is that of what a URL allows.
func (b *Bucket) signature(method, name string, q url.Values) string {
	mac := hmac.New(sha256.New, b.o.Key)
	fmt.Fprintf(mac, "%s\n%s\n%s\n%s\n%s", b.o.Base, method, name, q.Get("expires"), q.Get("size"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Handler serves the bucket's own URLs, under the path of its base: signed ones
// of a private bucket, and GET of a public one. It lists nothing.
func (b *Bucket) Handler() http.Handler {
	base, _ := url.Parse(b.o.Base) // an address that is no URL has no path
	prefix := "/"
	if base != nil {
		prefix = strings.TrimSuffix(base.Path, "/") + "/"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.Path, prefix)
		if !ours || checkName(name) != nil {
			http.NotFound(w, r)
			return
		}
		if status := b.admit(r, name); status != http.StatusOK {
			http.Error(w, http.StatusText(status), status)
			return
		}
		if r.Method == http.MethodPut {
			b.take(w, r, name)
			return
		}
		b.give(w, r, name)
	})
}

// admit returns the status of a request that must not pass.
func (b *Bucket) admit(r *http.Request, name string) int {
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case !reading && r.Method != http.MethodPut:
		return http.StatusMethodNotAllowed
	case b.o.Public && reading:
		return http.StatusOK
	case b.o.Public:
		return http.StatusMethodNotAllowed
	}
	method := r.Method
	if reading {
		method = http.MethodGet
	}
	q := r.URL.Query()
	if len(b.o.Key) == 0 || !hmac.Equal([]byte(b.signature(method, name, q)), []byte(q.Get("signature"))) {
		return http.StatusForbidden
	}
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	if err != nil || b.o.Now().After(time.Unix(expires, 0)) {
		return http.StatusForbidden
	}
	return http.StatusOK
}

// take keeps what is sent, if it is as long as was signed.
func (b *Bucket) take(w http.ResponseWriter, r *http.Request, name string) {
	size, err := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
	if err != nil || r.ContentLength != size {
		http.Error(w, fmt.Sprintf("the body must have a Content-Length of %d", size), http.StatusBadRequest)
		return
	}
	o, err := b.Write(r.Context(), name, r.Body, Content{Type: "application/octet-stream", Size: size, Limit: size})
	if err != nil {
		answer(w, err)
		return
	}
	w.Header().Set("X-Checksum-Crc32c", o.Sum.String())
	w.WriteHeader(http.StatusOK)
}

// give sends an object, or the range of it that is asked for.
func (b *Bucket) give(w http.ResponseWriter, r *http.Request, name string) {
	content, err := b.bucket.NewReader(r.Context(), name, nil)
	if err != nil {
		answer(w, classify(err))
		return
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", content.ContentType())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Disposition", "attachment")
	if b.o.Public {
		h.Set("Cache-Control", immutable)
		h.Set("Access-Control-Allow-Origin", "*")
		h.Del("Content-Disposition")
	}
	http.ServeContent(w, r, "", content.ModTime(), content)
}

// answer tells what went wrong, and nothing of what is inside.
func answer(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var cut *http.MaxBytesError
	switch {
	case errors.Is(err, ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, ErrMismatch), errors.Is(err, io.ErrUnexpectedEOF):
		status = http.StatusBadRequest
	case errors.Is(err, ErrTooLarge), errors.As(err, &cut):
		status = http.StatusRequestEntityTooLarge
	}
	http.Error(w, http.StatusText(status), status)
}
