package distance

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"lastmile/shared/geo"
	"lastmile/shared/httpapi"
	"lastmile/shared/road"
	"lastmile/shared/road/roadhttp"
)

// decode reads a body of a known shape, and nothing else.
func decode(r *http.Request, to any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("%w: %w", errSyntax, err)
	}
	return nil
}

func (f *Function) putCouriers(w http.ResponseWriter, r *http.Request) {
	var in roadhttp.Couriers
	if err := decode(r, &in); err != nil {
		refuse(w, err)
		return
	}
	v := f.roads.enter()
	defer v.leave()
	for _, c := range in.Couriers {
		switch err := f.couriers.put(v, c.ID, f.now(), geo.Point{Lat: c.Lat, Lng: c.Lng}); {
		case errors.Is(err, errFull):
			httpapi.Refuse(w, http.StatusInsufficientStorage, err.Error())
			return
		case err != nil:
			refuse(w, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func (f *Function) deleteCourier(w http.ResponseWriter, r *http.Request) {
	f.couriers.remove(r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
}

// putTraffic makes the body all the traffic there is.
func (f *Function) putTraffic(w http.ResponseWriter, r *http.Request) {
	var in roadhttp.Traffic
	if err := decode(r, &in); err != nil {
		refuse(w, err)
		return
	}
	changes := make([]road.Change, len(in.Changes))
	for i, c := range in.Changes {
		if c.KMH == nil {
			refuse(w, fmt.Errorf("%w: change %d must have kmh, 0 for a closed road", errSyntax, i))
			return
		}
		changes[i] = road.Change{From: c.From, To: c.To, KMH: *c.KMH}
	}
	if err := f.roads.Reweight(changes); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (f *Function) postReload(w http.ResponseWriter, _ *http.Request) {
	if err := f.roads.Reload(); err != nil {
		httpapi.Refuse(w, http.StatusConflict, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
