// Package console is the operations console: a page that operators keep open.
//
// Trigger: calls from browsers. The page is files of this package, served as
// they are; all that it shows comes from the API and the gateway of the same
// host, with the operator's own token. It loads nothing from anywhere else.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed page
var page embed.FS

// policy lets the page run its own scripts and styles, and talk to its own host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Function is the console.
type Function struct{ files map[string]file }

// file is one file of the page, ready to be sent.
type file struct {
	kind, tag     string
	plain, packed []byte
}

// New returns the console.
func New() (*Function, error) {
	f := &Function{files: make(map[string]file)}
	err := fs.WalkDir(page, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := page.ReadFile(name)
		if err != nil {
			return err
		}
		f.files[strings.TrimPrefix(name, "page")], err = prepare(name, text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	f.files["/"] = f.files["/index.html"]
	return f, nil
}

func prepare(name string, text []byte) (file, error) {
	sum := sha256.Sum256(text)
	f := file{kind: kindOf(name), tag: hex.EncodeToString(sum[:8]), plain: text}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return f, err
	}
	if _, err := w.Write(text); err != nil {
		return f, err
	}
	if err := w.Close(); err != nil {
		return f, err
	}
	f.packed = packed.Bytes()
	return f, nil
}

// kindOf is the media type of a file. Browsers run scripts of no other type.
func kindOf(name string) string {
	if strings.HasSuffix(name, ".js") {
		return "text/javascript; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func (f *Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the console is only read", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/health" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	found, ok := f.files[r.URL.Path]
	if !ok {
		http.Error(w, "the console has no such file: it is at /", http.StatusNotFound)
		return
	}
	found.send(w, r)
}

// send answers with the file, or that the browser's is the same.
func (f file) send(w http.ResponseWriter, r *http.Request) {
	h, body, tag := w.Header(), f.plain, `"`+f.tag+`"`
	h.Set("Content-Type", f.kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-cache") // asks each time whether it has changed
	h.Set("Vary", "Accept-Encoding")
	if accepts(r, "gzip") {
		h.Set("Content-Encoding", "gzip")
		body, tag = f.packed, `"`+f.tag+`-gzip"`
	}
	h.Set("ETag", tag)
	if slices.Contains(strings.Split(strings.ReplaceAll(r.Header.Get("If-None-Match"), " ", ""), ","), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the browser has gone
	}
}

func accepts(r *http.Request, encoding string) bool {
	for _, e := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(e), ";")
		if name == encoding && strings.TrimSpace(quality) != "q=0" {
			return true
		}
	}
	return false
}
