package e2e_test

import (
	"testing"
	"time"

	"lastmile/emulators/provider"
	"lastmile/shared/job"
)

// The real catalogue's size, at 25 items a page: the same sync again, of which
// nothing is written, and one of a new shop.
func BenchmarkCatalogSync(b *testing.B) {
	for _, style := range styles {
		b.Run(string(style), func(b *testing.B) {
			s := openCatalog(b, style, provider.Options{Items: 11_125})
			began := time.Now()
			first := s.sync(b)
			took := time.Since(began)
			b.ReportAllocs()
			for b.Loop() {
				if again := s.sync(b); again.State != job.Done || again.Tally.Changed != 0 {
					b.Fatalf("%+v", again)
				}
			}
			b.ReportMetric(float64(first.Tally.Pages), "pages/op")
			b.ReportMetric(took.Seconds(), "s/first")
		})
	}
}
