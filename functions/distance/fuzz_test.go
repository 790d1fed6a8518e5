package distance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// Any request is answered in JSON, and never with a fault of ours.
func FuzzRequest(f *testing.F) {
	w := newWorld(f)
	points, _ := w.points(f, 3)
	for _, seed := range [][3]string{
		{"GET", "/table/v1/car/" + path(points) + ".json", "sources=0;1&destinations=all&annotations=duration,distance"},
		{"GET", "/route/v1/driving/" + path(points), "overview=full&geometries=polyline6&steps=true"},
		{"GET", "/nearest/v1/car/" + path(points[:1]), "number=1&snapping=any"},
		{"GET", "/v1/isochrone", "lat=40&lng=-30&minutes=1"},
		{"GET", "/v1/roads", "south=39&west=-31&north=41&east=-29"},
		{"DELETE", "/v1/couriers/ada", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], []byte(nil))
	}
	f.Add("POST", "/v1/table", "", []byte(`{"sources":`+pairs(points)+`,"targets":["ada",[1,2]],"radius":10}`))
	f.Add("PUT", "/v1/couriers", "", []byte(`{"couriers":[{"id":"ada","lat":40,"lng":-30}]}`))
	f.Add("PUT", "/v1/traffic", "", []byte(`{"changes":[{"from":1,"to":2,"kmh":0}]}`))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		r := &http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "roads",
			Header: make(http.Header), Body: io.NopCloser(bytes.NewReader(body)),
		}
		answer := httptest.NewRecorder()
		w.f.ServeHTTP(answer, r.WithContext(t.Context()))
		require.Less(t, answer.Code, http.StatusInternalServerError)
		if answer.Header().Get("Content-Type") == "application/json" {
			require.True(t, json.Valid(answer.Body.Bytes()), "%s", answer.Body)
		}
	})
}
