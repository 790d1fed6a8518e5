package logs

import (
	"context"
	"log/slog"
	"slices"
)

// handler is the slog.Handler over Logs.
type handler struct {
	logs    *Logs
	prefix  []byte   // members of WithAttrs, with the groups they are in left open
	open    int      // groups left open in prefix
	pending []string // groups after them, which stay away if nothing comes in
}

// Enabled reports whether records of the level are logged.
func (h *handler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= h.logs.opts.Level.Level()
}

// WithAttrs returns a handler that adds attrs to every record.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	l := line{b: slices.Clone(h.prefix)}
	opened := l.within(h.pending, func() {
		for _, a := range attrs {
			l.attr(a, 0)
		}
	})
	if !opened {
		return h
	}
	return &handler{logs: h.logs, prefix: l.b, open: h.open + len(h.pending)}
}

// WithGroup returns a handler that puts what follows into a group.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	n := *h
	n.pending = append(slices.Clip(h.pending), name)
	return &n
}

// Handle logs one record.
func (h *handler) Handle(ctx context.Context, sr slog.Record) error {
	s := scopeOf(ctx)
	r := h.logs.newRecord(s, KindLog, h.logs.timeOf(sr), sr.Level, sr.Message)
	attrs := borrowLine()
	defer attrs.release()
	attrs.b = append(attrs.b, h.prefix...)
	open := h.open
	if attrs.within(h.pending, func() { h.members(attrs, sr, &r) }) {
		open += len(h.pending)
	}
	for range open {
		attrs.b = append(attrs.b, '}')
	}
	return h.logs.emit(s, r, attrs.b, sr.PC)
}

// members writes the attributes of sr. The error of the record, if it stands
// outside of groups, becomes r's.
func (h *handler) members(l *line, sr slog.Record, r *Record) {
	grouped := h.open+len(h.pending) > 0
	sr.Attrs(func(a slog.Attr) bool {
		if err := errorOf(a); err != nil && r.Error == nil && !grouped {
			r.Error = h.logs.failure(err)
			return true
		}
		l.attr(a, 0)
		return true
	})
}

// errorOf returns the error of an attribute "error" or "err", else nil.
func errorOf(a slog.Attr) error {
	if a.Value.Kind() != slog.KindAny || (a.Key != "error" && a.Key != "err") {
		return nil
	}
	err, _ := a.Value.Any().(error)
	return err
}
