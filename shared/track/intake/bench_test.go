package intake_test

import (
	"context"
	"testing"
	"time"

	"lastmile/shared/track"
	"lastmile/shared/track/intake"
)

// instant keeps nothing: what remains is ours.
type instant struct{}

func (instant) Newest(context.Context, ...track.CourierID) ([]track.Fix, error) { return nil, nil }

func (instant) Keep(context.Context, time.Time, ...track.Fix) (int, string, error) {
	return 0, "", nil
}

// BenchmarkAccept is one fix of one courier on both paths, but for Redis.
func BenchmarkAccept(b *testing.B) {
	b.ReportAllocs()
	i := intake.New(instant{}, nil, intake.Options{Now: func() time.Time { return noon }, Limits: track.Limits{Ahead: 1 << 62}})
	f := at("ada", 0, 0)
	for b.Loop() {
		f.At = f.At.Add(time.Second)
		if receipt, err := i.Accept(b.Context(), f); err != nil || receipt.Accepted != 1 {
			b.Fatal(receipt, err)
		}
	}
}
