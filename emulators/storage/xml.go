package storage

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	raw "google.golang.org/api/storage/v1"
)

// xml answers requests for /bucket/object: reads of the Go client, and whatever
// browsers and others do with signed URLs and public objects.
func (s *Server) xml(w http.ResponseWriter, r *http.Request) {
	bucketName, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if s.cors(w, r, bucketName) {
		return
	}
	if err := s.xmlCall(w, r, bucketName, name); err != nil {
		writeXMLFailure(w, err)
	}
}

func (s *Server) xmlCall(w http.ResponseWriter, r *http.Request, bucketName, name string) error {
	permission := everything
	switch {
	case name == "":
		permission = listObjects
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		permission = readObjects
	}
	if err := s.admit(r, bucketName, permission); err != nil {
		return err
	}
	if name == "" {
		return missing("The XML API for buckets (use the JSON API)")
	}
	c, err := conditionsOfHeader(r.Header, r.URL.Query())
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return s.xmlRead(w, r, bucketName, name, c)
	case http.MethodPut:
		return s.xmlWrite(w, r, bucketName, name, c)
	case http.MethodDelete:
		if err := s.index.remove(bucketName, name, c); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return missing(r.Method + " of an object by the XML API")
}

// admit lets signed requests, callers with credentials and what is public pass.
func (s *Server) admit(r *http.Request, bucketName, permission string) error {
	q := r.URL.Query()
	if q.Has("X-Goog-Algorithm") || q.Has("X-Goog-Signature") {
		return s.verify(r)
	}
	if q.Has("GoogleAccessId") || q.Has("X-Amz-Signature") {
		return missing("Signing other than V4 with GOOG4-RSA-SHA256")
	}
	if err := s.allow(r, bucketName, permission); err != nil {
		f := asFailure(err)
		return &failure{http.StatusForbidden, f.reason, f.code, f.message}
	}
	return nil
}

func (s *Server) xmlRead(w http.ResponseWriter, r *http.Request, bucketName, name string, c conditions) error {
	c.read = true
	o, content, err := s.index.open(bucketName, name, c)
	if err != nil {
		return err
	}
	defer content.Close()
	serve(w, r, asAsked(o.meta, r.URL.Query()), content)
	return nil
}

// asAsked is o with the type and disposition that a URL may ask for.
func asAsked(o *raw.Object, q url.Values) *raw.Object {
	kind, disposition := q.Get("response-content-type"), q.Get("response-content-disposition")
	if kind == "" && disposition == "" {
		return o
	}
	o = cloneJSON(o)
	o.ContentType = cmp.Or(kind, o.ContentType)
	o.ContentDisposition = cmp.Or(disposition, o.ContentDisposition)
	return o
}

func (s *Server) xmlWrite(w http.ResponseWriter, r *http.Request, bucketName, name string, c conditions) error {
	if err := inRange(r); err != nil {
		return err
	}
	made, err := s.writeChecked(bucketName, metaOf(r.Header, name), r.Body, announced(r.Header), c)
	if err != nil {
		return err
	}
	describe(w.Header(), &raw.Object{
		Generation: made.Generation, Metageneration: made.Metageneration, StorageClass: made.StorageClass,
		Size: made.Size, Crc32c: made.Crc32c, Md5Hash: made.Md5Hash, Etag: made.Etag,
	})
	w.WriteHeader(http.StatusOK)
	return nil
}

// metaOf is the metadata that the headers of a write give an object.
func metaOf(h http.Header, name string) *raw.Object {
	o := &raw.Object{
		Name:               name,
		ContentType:        h.Get("Content-Type"),
		CacheControl:       h.Get("Cache-Control"),
		ContentDisposition: h.Get("Content-Disposition"),
		ContentEncoding:    h.Get("Content-Encoding"),
		ContentLanguage:    h.Get("Content-Language"),
	}
	for k := range h {
		if own, ok := strings.CutPrefix(k, "X-Goog-Meta-"); ok {
			if o.Metadata == nil {
				o.Metadata = map[string]string{}
			}
			o.Metadata[strings.ToLower(own)] = h.Get(k)
		}
	}
	return o
}

// inRange refuses a body that is not as long as X-Goog-Content-Length-Range
// ("0,1048576") demands.
func inRange(r *http.Request) error {
	header := r.Header.Get("X-Goog-Content-Length-Range")
	if header == "" {
		return nil
	}
	var least, most int64
	if _, err := fmt.Sscanf(strings.ReplaceAll(header, ",", " "), "%d %d", &least, &most); err != nil {
		return invalid("Invalid value for x-goog-content-length-range: %q", header)
	}
	switch {
	case r.ContentLength < 0:
		return &failure{http.StatusLengthRequired, "required", "MissingContentLength", "You must provide the Content-Length HTTP header."}
	case r.ContentLength > most:
		return &failure{http.StatusBadRequest, "invalid", "EntityTooLarge", "Your proposed upload is larger than the maximum object size specified in your Policy Document."}
	case r.ContentLength < least:
		return &failure{http.StatusBadRequest, "invalid", "EntityTooSmall", "Your proposed upload is smaller than the minimum object size specified in your Policy Document."}
	}
	return nil
}
