package storage

import (
	"encoding/json"
	"net/http"
	"strings"
)

const maxJSON = 1 << 20 // bytes of a request's JSON

// handler routes the JSON API by pattern. Everything else is the XML API, whose
// paths are names of objects and must not be cleaned as a mux would.
func (s *Server) handler() http.Handler {
	api := http.NewServeMux()
	for pattern, h := range map[string]func(*http.Request) (any, error){
		"GET /storage/v1/b":                                              s.listBuckets,
		"POST /storage/v1/b":                                             s.insertBucket,
		"GET /storage/v1/b/{bucket}":                                     s.getBucket,
		"PATCH /storage/v1/b/{bucket}":                                   s.patchBucket,
		"DELETE /storage/v1/b/{bucket}":                                  s.deleteBucket,
		"GET /storage/v1/b/{bucket}/iam":                                 s.getPolicy,
		"PUT /storage/v1/b/{bucket}/iam":                                 s.setPolicy,
		"GET /storage/v1/b/{bucket}/iam/testPermissions":                 s.testPermissions,
		"GET /storage/v1/b/{bucket}/o":                                   s.listObjects,
		"PATCH /storage/v1/b/{bucket}/o/{object}":                        s.patchObject,
		"DELETE /storage/v1/b/{bucket}/o/{object}":                       s.deleteObject,
		"POST /storage/v1/b/{bucket}/o/{object}/compose":                 s.compose,
		"POST /storage/v1/b/{bucket}/o/{object}/rewriteTo/b/{to}/o/{as}": s.rewrite,
		"POST /storage/v1/b/{bucket}/o/{object}/copyTo/b/{to}/o/{as}":    s.copy,
	} {
		api.Handle(pattern, s.json(h))
	}
	api.HandleFunc("GET /storage/v1/b/{bucket}/o/{object}", s.getObject)
	api.HandleFunc("GET /download/storage/v1/b/{bucket}/o/{object}", s.download)
	api.HandleFunc("POST /upload/storage/v1/b/{bucket}/o", s.upload)
	api.HandleFunc("PUT /upload/storage/v1/b/{bucket}/o", s.resume)
	api.HandleFunc("DELETE /upload/storage/v1/b/{bucket}/o", s.cancel)
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeJSONFailure(w, missing(r.Method+" "+r.URL.Path))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range []string{"/storage/v1/", "/upload/storage/v1/", "/download/storage/v1/"} {
			if strings.HasPrefix(r.URL.Path, prefix) {
				api.ServeHTTP(w, r)
				return
			}
		}
		s.xml(w, r)
	})
}

// json answers with what h returns; h itself asks whether the caller may.
func (s *Server) json(h func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
		v, err := h(r)
		if err != nil {
			writeJSONFailure(w, err)
			return
		}
		writeJSON(w, v)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	if v == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// decode reads the JSON of a request; an empty body leaves v alone.
func decode(r *http.Request, v any) error {
	if r.ContentLength == 0 {
		return nil
	}
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		return invalid("Parse Error: %v", err)
	}
	return nil
}
