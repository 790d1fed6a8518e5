package storage

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	raw "google.golang.org/api/storage/v1"
)

// cors answers a browser's question whether another site may call, and marks
// answers to calls that may, as the bucket's configuration says. It reports
// whether the request is answered.
func (s *Server) cors(w http.ResponseWriter, r *http.Request, bucketName string) (answered bool) {
	origin := r.Header.Get("Origin")
	asks := r.Method == http.MethodOptions
	if origin == "" && !asks {
		return false
	}
	method := r.Method
	if asks {
		method = r.Header.Get("Access-Control-Request-Method")
	}
	if rule := s.corsRule(bucketName, origin, method); rule != nil {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", strings.Join(rule.ResponseHeader, ", "))
		if asks {
			h.Set("Access-Control-Allow-Methods", strings.Join(rule.Method, ", "))
			h.Set("Access-Control-Allow-Headers", strings.Join(rule.ResponseHeader, ", "))
			h.Set("Access-Control-Max-Age", strconv.FormatInt(rule.MaxAgeSeconds, 10))
		}
	}
	return asks
}

func (s *Server) corsRule(bucketName, origin, method string) *raw.BucketCors {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	b, ok := s.index.buckets[bucketName]
	if !ok {
		return nil
	}
	for _, rule := range b.meta.Cors {
		site := slices.Contains(rule.Origin, origin) || slices.Contains(rule.Origin, "*")
		if site && (slices.Contains(rule.Method, method) || slices.Contains(rule.Method, "*")) {
			return rule
		}
	}
	return nil
}
