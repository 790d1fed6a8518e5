package api

import (
	"context"
	"sync"
	"time"

	"lastmile/shared/platform"
	"lastmile/shared/realtime"
	"lastmile/shared/road/roadhttp"
	"lastmile/shared/track/trackdb"
)

// drawTimeout is longer than it takes to draw the roads of a country.
const drawTimeout = 5 * time.Second

// fleetOf builds the routes of the fleet.
func fleetOf(p *platform.Opener) Fleet {
	return Fleet{
		Positions: trackdb.New(p.Docs()),
		Sockets:   &sockets{platform: p.Platform},
		Roads:     roadhttp.New(p.Config.URL("distance"), roadhttp.Options{HTTP: p.Client("distance"), Timeout: drawTimeout}),
	}
}

// sockets is the connection to those who are connected. It is opened when it is
// first needed, and again as long as that fails.
type sockets struct {
	platform *platform.Platform

	mu        sync.Mutex
	publisher *realtime.Publisher // guarded by mu
}

func (s *sockets) open(ctx context.Context) (*realtime.Publisher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.publisher != nil {
		return s.publisher, nil
	}
	client, err := s.platform.Redis()
	if err != nil {
		return nil, err
	}
	s.publisher, err = realtime.NewPublisher(ctx, client, nil, realtime.Options{})
	return s.publisher, err
}
