package storage

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	raw "google.golang.org/api/storage/v1"
)

// upload starts or performs an upload of the JSON API. Google's clients POST the
// pieces of a resumable one, too.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("upload_id") {
		s.resume(w, r)
		return
	}
	c, err := s.change(r)
	if err != nil {
		writeJSONFailure(w, err)
		return
	}
	var made *raw.Object
	switch kind := r.URL.Query().Get("uploadType"); kind {
	case "media":
		made, err = s.uploadMedia(r, c)
	case "multipart":
		made, err = s.uploadMultipart(r, c)
	case "resumable":
		err = s.startResumable(w, r, c)
	default:
		err = invalid("Invalid value for uploadType: %q", kind)
	}
	if err != nil {
		writeJSONFailure(w, err)
		return
	}
	if made != nil {
		writeJSON(w, made)
	}
}

// uploadMedia takes the body as the content, and everything else from the parameters.
func (s *Server) uploadMedia(r *http.Request, c conditions) (*raw.Object, error) {
	meta := &raw.Object{Name: r.URL.Query().Get("name"), ContentType: r.Header.Get("Content-Type")}
	return s.writeChecked(r.PathValue("bucket"), meta, r.Body, announced(r.Header), c)
}

// uploadMultipart takes metadata and content from the two parts of the body.
func (s *Server) uploadMultipart(r *http.Request, c conditions) (*raw.Object, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, invalid("A multipart upload needs a Content-Type with a boundary.")
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		return nil, invalid("Missing the metadata part: %v", err)
	}
	meta, err := decodeMeta(first, r)
	if err != nil {
		return nil, err
	}
	second, err := parts.NextPart()
	if err != nil {
		return nil, invalid("Missing the content part: %v", err)
	}
	if meta.ContentType == "" {
		meta.ContentType = second.Header.Get("Content-Type")
	}
	return s.writeChecked(r.PathValue("bucket"), meta, second, announced(r.Header), c)
}

// decodeMeta reads an object's metadata; the name may come from the parameters.
func decodeMeta(in io.Reader, r *http.Request) (*raw.Object, error) {
	meta := &raw.Object{}
	if err := json.NewDecoder(io.LimitReader(in, maxJSON)).Decode(meta); err != nil && err != io.EOF {
		return nil, invalid("Parse Error: %v", err)
	}
	if name := r.URL.Query().Get("name"); name != "" {
		meta.Name = name
	}
	return meta, nil
}
