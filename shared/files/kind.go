package files

import (
	"bytes"
	"net/http"
	"strings"
)

// Head is how many bytes of content [TypeOf] looks at.
const Head = 512

// TypeOf returns the media type of content by its first bytes, whatever it is
// called: one of the web's types, or application/x-ndjson or text/csv for text.
func TypeOf(head []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if kind != "text/plain" {
		return kind
	}
	if bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \t\r\n"), []byte("{")) {
		return "application/x-ndjson"
	}
	return "text/csv"
}
