package provider

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
)

// maxFaults bounds what people can leave behind.
const maxFaults = 100

func (s *Server) showFaults(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"faults": s.Faults(), "kinds": kinds, "products": s.Len()})
}

func (s *Server) addFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	in.DisallowUnknownFields()
	if err := in.Decode(&f); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := f.validate(); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if len(s.Faults()) >= maxFaults {
		refuse(w, http.StatusTooManyRequests, "too many faults: DELETE /control first")
		return
	}
	s.faults.add(f)
	s.showFaults(w, r)
}

func (s *Server) clearFaults(w http.ResponseWriter, r *http.Request) {
	s.faults.clear()
	s.showFaults(w, r)
}

// image draws a plate in the colours of the product's id.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("name"), ".svg")
	if !ok || len(id) > 40 {
		http.NotFound(w, r)
		return
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	hue := h.Sum32() % 360
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" rx="12" fill="hsl(%d 60%% 88%%)"/><circle cx="48" cy="48" r="28" fill="hsl(%d 55%% 55%%)"/><circle cx="48" cy="48" r="16" fill="hsl(%d 60%% 78%%)"/></svg>`, hue, hue, (hue+40)%360)
}
