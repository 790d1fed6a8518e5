package storage

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	raw "google.golang.org/api/storage/v1"
)

// startResumable answers with the URL that the content goes to.
func (s *Server) startResumable(w http.ResponseWriter, r *http.Request, c conditions) error {
	meta, err := decodeMeta(r.Body, r)
	if err != nil {
		return err
	}
	if meta.ContentType == "" {
		meta.ContentType = r.Header.Get("X-Upload-Content-Type")
	}
	if err := checkObject(meta); err != nil {
		return err
	}
	if _, err := s.index.find(r.PathValue("bucket"), meta.Name, conditions{}); errors.Is(err, errNoBucket) {
		return err
	}
	d, err := s.blobs.draft()
	if err != nil {
		return err
	}
	id := s.uploads.add(&session{bucket: r.PathValue("bucket"), meta: meta, c: c, draft: d})
	w.Header().Set("Location", fmt.Sprintf("http://%s%s?uploadType=resumable&upload_id=%s", r.Host, r.URL.EscapedPath(), id))
	w.Header().Set("X-GUploader-UploadID", id)
	w.WriteHeader(http.StatusOK)
	return nil
}

// resume takes the next piece of an upload, or tells how far it is. The id is
// the permission.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("upload_id")
	up, err := s.uploads.find(id)
	if err != nil {
		writeJSONFailure(w, err)
		return
	}
	made, received, err := s.advance(up, r)
	switch {
	case err != nil:
		if !errors.Is(err, errIncomplete) {
			_ = s.uploads.cancel(id)
		}
		writeJSONFailure(w, err)
	case made != nil:
		writeJSON(w, made)
	default:
		writeProgress(w, r, received)
	}
}

// errIncomplete means that a piece did not arrive whole; the upload can go on.
var errIncomplete = errors.New("the piece is incomplete")

// advance writes one piece, and finishes the upload when it was the last.
func (s *Server) advance(up *session, r *http.Request) (made *raw.Object, received int64, err error) {
	up.mu.Lock()
	defer up.mu.Unlock()
	if up.made != nil {
		return up.made, 0, nil
	}
	if up.draft == nil {
		return nil, 0, notFound("No such upload: it was cancelled.")
	}
	p, err := pieceOf(r)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errIncomplete, err)
	}
	if err := up.take(p, r.Body); err != nil {
		return nil, 0, err
	}
	if p.total < 0 || up.draft.size != p.total {
		return nil, up.draft.size, nil
	}
	d := up.draft
	up.draft = nil
	up.made, err = s.commit(up.bucket, up.meta, d, announced(r.Header), up.c)
	return up.made, 0, err
}

// take writes what of a piece is new.
func (up *session) take(p piece, body io.Reader) error {
	if p.from > up.draft.size {
		return fmt.Errorf("%w: %w", errIncomplete, invalid("Invalid request. According to the Content-Range header, the upload offset is %d byte(s), which exceeds already uploaded size of %d byte(s).", p.from, up.draft.size))
	}
	known := up.draft.size - p.from
	if _, err := io.CopyN(io.Discard, body, min(known, p.size)); err != nil {
		return fmt.Errorf("%w: %w", errIncomplete, err)
	}
	if known >= p.size {
		return nil
	}
	switch _, err := io.CopyN(up.draft, body, p.size-known); {
	case errors.Is(err, errTooLarge):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errIncomplete, err)
	}
	return nil
}

// cancel forgets an upload.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	if err := s.uploads.cancel(r.URL.Query().Get("upload_id")); err != nil {
		writeJSONFailure(w, err)
		return
	}
	w.WriteHeader(499)
}

// writeProgress says how much was received: 308, or, to clients that would
// follow that as a redirect, the same in a header.
func writeProgress(w http.ResponseWriter, r *http.Request, received int64) {
	if received > 0 {
		w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", received-1))
	}
	if r.Header.Get("X-GUploader-No-308") == "yes" {
		w.Header().Set("X-Http-Status-Code-Override", "308")
		w.WriteHeader(http.StatusOK)
		return
	}
	w.WriteHeader(http.StatusPermanentRedirect)
}

// piece is what a request's Content-Range says.
type piece struct {
	from, size int64
	total      int64 // of the object; -1 = not known yet
}

// pieceOf reads "bytes 0-9/20", "bytes 0-9/*", "bytes */20" and "bytes */*";
// without a range the body is the whole.
func pieceOf(r *http.Request) (piece, error) {
	header := r.Header.Get("Content-Range")
	if header == "" {
		if r.ContentLength < 0 {
			return piece{}, invalid("A piece needs a Content-Range or a Content-Length.")
		}
		return piece{size: r.ContentLength, total: r.ContentLength}, nil
	}
	bad := invalid("Failed to parse Content-Range header: %q", header)
	span, whole, ok := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	p := piece{total: -1}
	var err error
	if whole != "*" {
		if p.total, err = strconv.ParseInt(whole, 10, 64); err != nil || p.total < 0 {
			return piece{}, bad
		}
	}
	if span == "*" && ok {
		return p, nil
	}
	first, last, _ := strings.Cut(span, "-")
	p.from, err = strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	if !ok || err != nil || err2 != nil || p.from < 0 || to < p.from || p.total >= 0 && to >= p.total {
		return piece{}, bad
	}
	p.size = to - p.from + 1
	return p, nil
}
