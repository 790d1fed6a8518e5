package logs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/logs"
)

const sampleTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func restore(ctx context.Context, m map[string]string) context.Context {
	return logs.Restore(ctx, func(k string) string { return m[k] })
}

func TestContextAddsUp(t *testing.T) {
	order, courier, shop := logs.Entity{Type: "order", ID: "1"}, logs.Entity{Type: "courier", ID: "2"}, logs.Entity{Type: "shop", ID: "3"}
	outer := logs.With(t.Context(), logs.Fields{Request: "r", Caller: "c", Entity: order})
	inner := logs.With(outer, logs.Fields{Caller: "d", Entity: courier, Entities: []logs.Entity{order, {}, shop}})

	require.Equal(t, logs.Fields{Request: "r", Caller: "d", Entity: courier, Entities: []logs.Entity{order, shop}}, logs.From(inner))
	require.Equal(t, logs.Fields{Request: "r", Caller: "c", Entity: order}, logs.From(outer), "the outer context is as it was")
	require.Equal(t, logs.Fields{}, logs.From(t.Context()))

	many := t.Context()
	for i := range 20 {
		many = logs.With(many, logs.Fields{Entity: logs.Entity{Type: "item", ID: string(rune('a' + i))}})
	}
	require.Equal(t, "item:t", logs.From(many).Entity.String())
	require.Len(t, logs.From(many).Entities, 7)
}

func TestWhatIsCarriedIsRestored(t *testing.T) {
	sent := logs.With(t.Context(), logs.Fields{
		Request: "r-1", Caller: "courier:7", Job: "j", Operation: "stays behind",
		Entities: []logs.Entity{{Type: "order", ID: "1"}, {Type: "shop", ID: "a:b"}},
	})
	carried := logs.Carry(sent)
	for k := range carried {
		require.Equal(t, strings.ToLower(k), k)
	}
	got := logs.From(restore(t.Context(), carried))
	require.Equal(t, carried["traceparent"][3:35], got.Trace)
	require.NotEqual(t, carried["traceparent"][36:52], got.Span, "each hop has its own span")
	got.Trace, got.Span = "", ""
	require.Equal(t, logs.Fields{
		Request: "r-1", Caller: "courier:7", Job: "j",
		Entity: logs.Entity{Type: "order", ID: "1"}, Entities: []logs.Entity{{Type: "shop", ID: "a:b"}},
	}, got)
}

func TestTraceCrossesHops(t *testing.T) {
	ctx := restore(t.Context(), map[string]string{"traceparent": sampleTrace})
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", logs.From(ctx).Trace)
	for range 3 {
		next := restore(t.Context(), logs.Carry(ctx))
		require.Equal(t, logs.From(ctx).Trace, logs.From(next).Trace)
		require.NotEqual(t, logs.From(ctx).Span, logs.From(next).Span)
		ctx = next
	}
}

func TestHostileValuesAreDropped(t *testing.T) {
	cases := map[string]struct {
		key, value string
	}{
		"a line break":                {"request", "r\r\nX-Evil: 1"},
		"a control character":         {"caller", "a\x00b"},
		"a space":                     {"job", "a b"},
		"text that is not ASCII":      {"job", "jöb"},
		"a long value":                {"request", strings.Repeat("r", 129)},
		"a very long entity":          {"entity", "order:" + strings.Repeat("1", 512)},
		"an entity without a type":    {"entity", ":1"},
		"an entity without an id":     {"entity", "order:"},
		"an entity without a colon":   {"entity", "order"},
		"a trace in capitals":         {"traceparent", strings.ToUpper(sampleTrace)},
		"a trace of zeros":            {"traceparent", "00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01"},
		"a span of zeros":             {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"},
		"a trace too short":           {"traceparent", sampleTrace[:54]},
		"a trace of version 00, long": {"traceparent", sampleTrace + "-x"},
		"a trace of version ff":       {"traceparent", "ff" + sampleTrace[2:]},
		"a trace that goes on":        {"traceparent", "01" + sampleTrace[2:] + "x"},
		"a trace with other dashes":   {"traceparent", strings.ReplaceAll(sampleTrace, "-", "_")},
		"an endless trace":            {"traceparent", "01" + sampleTrace[2:] + "-" + strings.Repeat("x", 4096)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := logs.From(restore(t.Context(), map[string]string{c.key: c.value}))
			require.Len(t, got.Trace, 32)
			require.NotContains(t, strings.ToLower(c.value), got.Trace)
			require.Equal(t, logs.Fields{Trace: got.Trace, Span: got.Span}, got)
		})
	}
	t.Run("a later version is read as far as it is known", func(t *testing.T) {
		got := logs.From(restore(t.Context(), map[string]string{"traceparent": "01" + sampleTrace[2:] + "-more"}))
		require.Equal(t, "0af7651916cd43dd8448eb211c80319c", got.Trace)
	})
}

func TestCarriedValuesAlwaysFitAHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z:,]{1,200}`))
		f := logs.Fields{Request: text.Draw(t, "request"), Trace: text.Draw(t, "trace"), Span: text.Draw(t, "span"), Caller: text.Draw(t, "caller"), Job: text.Draw(t, "job")}
		for range rapid.IntRange(0, 10).Draw(t, "entities") {
			f.Entities = append(f.Entities, logs.Entity{Type: text.Draw(t, "type"), ID: text.Draw(t, "id")})
		}
		for k, v := range logs.Carry(logs.With(context.Background(), f)) {
			require.LessOrEqual(t, len(v), 512, k)
			require.NotEmpty(t, v, k)
			require.Equal(t, -1, strings.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }), "%s: %q", k, v)
		}
	})
}
