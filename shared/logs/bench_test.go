package logs_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"lastmile/shared/logs"
)

type sink struct{}

func (sink) Append(context.Context, []logs.Record) error { return nil }

// BenchmarkRecord logs a typical record: the context of a request, four
// attributes. Beside it, the JSON handler of slog with as much to say.
func BenchmarkRecord(b *testing.B) {
	ctx := logs.With(b.Context(), logs.Fields{
		Request: "0b5fd2", Trace: "0af7651916cd43dd8448eb211c80319c", Span: "b7ad6b7169203331", Caller: "courier:7",
		Operation: "order accept", Entity: logs.Entity{Type: "order", ID: "12345"},
	})
	attrs := []slog.Attr{slog.String("zone", "north"), slog.Int("round", 2), slog.Float64("eta", 12.5), slog.Bool("late", false)}
	b.Run("line", func(b *testing.B) {
		benchLogger(ctx, b, logs.New(logs.Options{Service: "api", Project: "acme", Out: io.Discard}), attrs)
	})
	b.Run("line and store", func(b *testing.B) {
		benchLogger(ctx, b, logs.New(logs.Options{Service: "api", Project: "acme", Out: io.Discard, Store: sink{}}), attrs)
	})
	b.Run("slog JSON", func(b *testing.B) {
		l := slog.New(slog.NewJSONHandler(io.Discard, &slog.HandlerOptions{AddSource: true})).With(
			"service", "api", "request", "0b5fd2", "trace", "0af7651916cd43dd8448eb211c80319c", "span", "b7ad6b7169203331",
			"caller", "courier:7", "operation", "order accept", "entities", []string{"order:12345"})
		b.ReportAllocs()
		for b.Loop() {
			l.LogAttrs(ctx, slog.LevelInfo, "offer accepted", attrs...)
		}
	})
}

func benchLogger(ctx context.Context, b *testing.B, l *logs.Logs, attrs []slog.Attr) {
	logger := l.Logger()
	b.ReportAllocs()
	for b.Loop() {
		logger.LogAttrs(ctx, slog.LevelInfo, "offer accepted", attrs...)
	}
	b.StopTimer()
	_ = l.Close(b.Context())
	b.ReportMetric(float64(l.Dropped())/float64(b.N), "dropped/op")
}

func BenchmarkLifecycle(b *testing.B) {
	l := logs.New(logs.Options{Service: "api", Out: io.Discard, Store: sink{}})
	b.ReportAllocs()
	for b.Loop() {
		_, op := logs.Begin(b.Context(), l, "order accept", logs.Fields{Entity: logs.Entity{Type: "order", ID: "12345"}})
		op.End(nil)
	}
	b.StopTimer()
	_ = l.Close(b.Context())
}

func BenchmarkCarryAndRestore(b *testing.B) {
	ctx := logs.With(b.Context(), logs.Fields{Request: "0b5fd2", Caller: "courier:7", Entity: logs.Entity{Type: "order", ID: "12345"}})
	b.ReportAllocs()
	for b.Loop() {
		m := logs.Carry(ctx)
		logs.Restore(ctx, func(k string) string { return m[k] })
	}
}
