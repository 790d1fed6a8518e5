package main

import (
	"context"
	"os"

	"lastmile/gateway/report"
	"lastmile/shared/bus"
	"lastmile/shared/realtime"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

// locations takes in what couriers report. It carries the positions to the
// database by the Pub/Sub of GOOGLE_CLOUD_PROJECT; without a project they wait in
// Redis for the sweep. Call the second result in the end.
func locations(ctx context.Context, s *trackredis.Store, p *realtime.Publisher) (*report.Receiver, func() error, error) {
	o := intake.Options{Broadcaster: broadcast.New(p)}
	project := os.Getenv("GOOGLE_CLOUD_PROJECT")
	if project == "" {
		return report.New(intake.New(s, nil, o)), func() error { return nil }, nil
	}
	b, err := bus.Open(ctx, bus.Options{Project: project, EmulatorHost: os.Getenv("PUBSUB_EMULATOR_HOST")})
	if err != nil {
		return nil, nil, err
	}
	return report.New(intake.New(s, intake.NewFlush(s, b), o)), b.Close, nil
}
