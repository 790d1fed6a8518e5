package provider

import (
	"encoding/json"
	"net/http"
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
