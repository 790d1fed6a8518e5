package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"

	"lastmile/gateway/report"
	"lastmile/gateway/server"
	"lastmile/shared/bus"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

// parts are what differs between a gateway in a project and one that is alone.
type parts struct {
	callers server.Authenticator
	owners  *server.Owners // nil for one that is alone
	events  *bus.Bus       // nil for one that is alone
	log     *slog.Logger
	records *slog.Logger // nil for one that is alone
	close   func()
}

func (c config) open() (parts, error) {
	if c.alone {
		return alone()
	}
	p := platform.New(c.Config, logs.Options{Service: "gateway"})
	sessions, err := p.Sessions()
	if err != nil {
		return parts{}, err
	}
	db, err := p.Docs()
	if err != nil {
		return parts{}, err
	}
	events, err := p.Bus()
	if err != nil {
		return parts{}, err
	}
	return parts{
		callers: server.NewCallers(sessions),
		owners:  server.NewOwners(sessions.Table(), db),
		events:  events,
		log:     p.Log(),
		records: p.Log(),
		close: func() {
			ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
			defer cancel()
			_ = p.Close(ctx) // the process ends
		},
	}, nil
}

// alone lets in who has a pass. Its key is made anew at each start, unless
// GATEWAY_KEY has one that others issue passes with.
func alone() (parts, error) {
	key := os.Getenv("GATEWAY_KEY")
	made := key == ""
	if made {
		key = rand.Text()
	}
	passes, err := server.NewPasses(key, nil)
	if err != nil {
		return parts{}, err
	}
	if made {
		pass, err := passes.Issue(server.Identity{Client: realtime.Client("operator", "dev"), Topics: []string{"*:*"}})
		if err != nil {
			return parts{}, err
		}
		fmt.Fprintf(os.Stderr, "alone, without GOOGLE_CLOUD_PROJECT: connect with this token, or set GATEWAY_KEY and issue others\n  %s\n", pass)
	}
	return parts{callers: passes, log: slog.Default(), close: func() {}}, nil
}

// fallback takes what no socket took. Without a bus nothing does.
func (p parts) fallback() realtime.Fallback {
	if p.events == nil {
		return nil
	}
	return push.NewRelay(p.events)
}

// permissions are what follows from whose orders are, or nil for what passes say.
func (p parts) permissions() server.Permissions {
	if p.owners == nil {
		return nil
	}
	return p.owners
}

// receiver takes in what couriers report.
func (p parts) receiver(s *trackredis.Store, to *realtime.Publisher) server.Receiver {
	var flush *intake.Flush
	if p.events != nil {
		flush = intake.NewFlush(s, p.events)
	}
	var orders report.Orders
	if p.owners != nil {
		orders = p.owners
	}
	return report.New(intake.New(s, flush, intake.Options{Broadcaster: broadcast.New(to), Log: p.log}), orders)
}
