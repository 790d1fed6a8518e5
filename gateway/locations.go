package main

import (
	"context"
	"os"

	"lastmile/gateway/report"
	"lastmile/gateway/server"
	"lastmile/shared/bus"
	"lastmile/shared/realtime"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

// openBus opens the Pub/Sub of GOOGLE_CLOUD_PROJECT, or returns nil without a
// project: then push notifications and positions on their way to the database
// are left to those who have one.
func openBus(ctx context.Context) (*bus.Bus, error) {
	project := os.Getenv("GOOGLE_CLOUD_PROJECT")
	if project == "" {
		return nil, nil
	}
	return bus.Open(ctx, bus.Options{Project: project, EmulatorHost: os.Getenv("PUBSUB_EMULATOR_HOST")})
}

// locations takes in what couriers report. b and owners may be nil.
func locations(s *trackredis.Store, p *realtime.Publisher, b *bus.Bus, owners *server.Owners) *report.Receiver {
	var flush *intake.Flush
	if b != nil {
		flush = intake.NewFlush(s, b)
	}
	var orders report.Orders
	if owners != nil {
		orders = owners
	}
	return report.New(intake.New(s, flush, intake.Options{Broadcaster: broadcast.New(p)}), orders)
}
