package hub_test

import (
	"fmt"
	"testing"
	"time"

	"lastmile/gateway/hub"
)

// sink takes everything for nothing.
type sink struct{}

func (sink) Format() hub.Format                 { return hub.WebSocket }
func (sink) Encode(text []byte) []byte          { return text }
func (sink) TryWrite(b []byte) (int, error)     { return len(b), nil }
func (sink) WriteAll([][]byte, time.Time) error { return nil }
func (sink) Close(hub.Close)                    {}

// The cost of everything but the system calls.
func BenchmarkEmit(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := hub.New(ignore)
			for range n {
				c := h.Open(sink{}, nil)
				h.Join(c, "x", "tag")
				c.CatchUp("x", hub.Past{From: hub.Place{Epoch: "e"}})
			}
			payload := []byte(`{"n":1,"e":"e","t":"order.changed","d":{"order":"12"}}`)
			b.ReportAllocs()
			var number uint64
			for b.Loop() {
				number++
				h.EmitNumbered("x", hub.Place{Epoch: "e", Number: number}, hub.NewFrame(payload, ""))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/socket")
		})
	}
}
