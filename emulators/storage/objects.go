package storage

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	raw "google.golang.org/api/storage/v1"
)

const (
	maxName     = 1024    // bytes of an object's name
	maxMetadata = 8 << 10 // bytes of an object's own metadata
)

// checkObject refuses names and metadata that the service refuses.
func checkObject(o *raw.Object) error {
	switch {
	case o.Name == "":
		return invalid("Required parameter: name")
	case len(o.Name) > maxName || !utf8.ValidString(o.Name):
		return invalid("The specified object name is not valid.")
	case o.Name == "." || o.Name == ".." || strings.ContainsAny(o.Name, "\r\n") || strings.HasPrefix(o.Name, ".well-known/acme-challenge/"):
		return invalid("Disallowed unicode characters present in object name '%s'", o.Name)
	}
	size := 0
	for k, v := range o.Metadata {
		size += len(k) + len(v)
	}
	if size > maxMetadata {
		return invalid("The metadata for the object is larger than %d bytes.", maxMetadata)
	}
	return nil
}

func (s *Server) listObjects(r *http.Request) (any, error) {
	name := r.PathValue("bucket")
	if err := s.allow(r, name, listObjects); err != nil {
		return nil, err
	}
	q, err := queryOf(r.URL.Query())
	if err != nil {
		return nil, err
	}
	return s.index.list(name, q)
}

func queryOf(v url.Values) (query, error) {
	if v.Get("matchGlob") != "" || v.Get("softDeleted") == "true" {
		return query{}, missing("Listing by matchGlob or softDeleted")
	}
	q := query{
		prefix: v.Get("prefix"), delimiter: v.Get("delimiter"),
		from: v.Get("startOffset"), to: v.Get("endOffset"),
		trailing: v.Get("includeTrailingDelimiter") == "true",
		limit:    maxPage,
	}
	after, err := base64.URLEncoding.DecodeString(v.Get("pageToken"))
	if err != nil {
		return query{}, invalid("Invalid pageToken")
	}
	q.after = string(after)
	if most := v.Get("maxResults"); most != "" {
		n, err := strconv.Atoi(most)
		if err != nil || n < 0 {
			return query{}, invalid("Invalid value for maxResults: %q", most)
		}
		if n > 0 {
			q.limit = min(n, maxPage)
		}
	}
	return q, nil
}

// getObject answers with metadata, or with the content for alt=media.
func (s *Server) getObject(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("alt") == "media" {
		s.download(w, r)
		return
	}
	s.json(func(r *http.Request) (any, error) {
		if err := s.allow(r, r.PathValue("bucket"), readObjects); err != nil {
			return nil, err
		}
		c, err := conditionsOf(r.URL.Query(), "")
		if err != nil {
			return nil, err
		}
		c.read = true
		o, err := s.index.find(r.PathValue("bucket"), r.PathValue("object"), c)
		return o.meta, err
	}).ServeHTTP(w, r)
}

func (s *Server) patchObject(r *http.Request) (any, error) {
	c, err := s.change(r)
	if err != nil {
		return nil, err
	}
	changes, err := decodeChanges(r, "contentType", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "metadata", "customTime")
	if err != nil {
		return nil, err
	}
	return s.index.edit(r.PathValue("bucket"), r.PathValue("object"), c, func(o *raw.Object) error {
		changed, err := merged(o, changes)
		if err != nil {
			return err
		}
		*o = *changed
		return checkObject(o)
	})
}

func (s *Server) deleteObject(r *http.Request) (any, error) {
	c, err := s.change(r)
	if err != nil {
		return nil, err
	}
	return nil, s.index.remove(r.PathValue("bucket"), r.PathValue("object"), c)
}

// change admits a request that changes the bucket of the path, and returns its conditions.
func (s *Server) change(r *http.Request) (conditions, error) {
	if err := s.allow(r, r.PathValue("bucket"), everything); err != nil {
		return conditions{}, err
	}
	return conditionsOf(r.URL.Query(), "")
}
