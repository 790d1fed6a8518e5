package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"lastmile/functions/distance"
	"lastmile/shared/road/roadfile"
)

// distanceChild is the argument that makes this program a distance function, on
// the file that roadFile names.
const (
	distanceChild = "child-distance"
	roadFile      = "ROAD_FILE"
)

// serveDistance is the body of the child: the function at addr, until ctx ends.
func serveDistance(ctx context.Context, addr string) error {
	roads, err := distance.OpenRoads(func() (distance.Source, error) {
		f, err := roadfile.Open(os.Getenv(roadFile))
		if err != nil {
			return distance.Source{}, err
		}
		return distance.Source{Map: f.Map, Sum: f.Sum, Close: f.Close}, nil
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("serve distance: %w", err)
	}
	srv := &http.Server{Handler: distance.New(roads, nil), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	_ = srv.Serve(l) // closed, as it should be
	return roads.Close()
}
