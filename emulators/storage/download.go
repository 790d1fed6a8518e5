package storage

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	raw "google.golang.org/api/storage/v1"
)

// download answers a read of the JSON API with an object's content.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	err := s.allow(r, r.PathValue("bucket"), readObjects)
	if err != nil {
		writeJSONFailure(w, err)
		return
	}
	c, err := conditionsOf(r.URL.Query(), "")
	if err != nil {
		writeJSONFailure(w, err)
		return
	}
	c.read = true
	o, content, err := s.index.open(r.PathValue("bucket"), r.PathValue("object"), c)
	if err != nil {
		writeJSONFailure(w, err)
		return
	}
	defer content.Close()
	serve(w, r, o.meta, content)
}

// serve answers with content or the range of it that r asks for.
func serve(w http.ResponseWriter, r *http.Request, o *raw.Object, content io.ReadSeeker) {
	describe(w.Header(), o)
	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // the service knows no more than one range
	}
	changed, _ := time.Parse(time.RFC3339Nano, o.Updated)
	http.ServeContent(w, r, "", changed, content)
}

// describe sets the headers that come with an object's content.
func describe(h http.Header, o *raw.Object) {
	for name, value := range map[string]string{
		"Content-Type":        o.ContentType,
		"Cache-Control":       o.CacheControl,
		"Content-Disposition": o.ContentDisposition,
		"Content-Encoding":    o.ContentEncoding,
		"Content-Language":    o.ContentLanguage,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	for k, v := range o.Metadata {
		h.Set("X-Goog-Meta-"+k, v)
	}
	h.Set("X-Goog-Generation", strconv.FormatInt(o.Generation, 10))
	h.Set("X-Goog-Metageneration", strconv.FormatInt(o.Metageneration, 10))
	h.Set("X-Goog-Storage-Class", o.StorageClass)
	h.Set("X-Goog-Stored-Content-Encoding", "identity")
	h.Set("X-Goog-Stored-Content-Length", strconv.FormatUint(o.Size, 10))
	h.Add("X-Goog-Hash", "crc32c="+o.Crc32c)
	if o.Md5Hash != "" {
		h.Add("X-Goog-Hash", "md5="+o.Md5Hash)
	}
	h.Set("Etag", `"`+o.Etag+`"`)
}
