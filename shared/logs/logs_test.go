package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
)

// shelf is a store in memory. Its records are by id, as in a database.
type shelf struct {
	mu      sync.Mutex
	records map[string]logs.Record
	order   []string // ids, by first append
	appends int
	err     error
	hold    chan struct{} // if not nil, an append waits for it
}

func (s *shelf) Append(_ context.Context, rs []logs.Record) error {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appends++
	if s.err != nil {
		return s.err
	}
	if s.records == nil {
		s.records = map[string]logs.Record{}
	}
	for _, r := range rs {
		if _, ok := s.records[r.ID]; !ok {
			s.order = append(s.order, r.ID)
		}
		s.records[r.ID] = r
	}
	return nil
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) all() []logs.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rs []logs.Record
	for _, id := range s.order {
		rs = append(rs, s.records[id])
	}
	return rs
}

// lines decodes what was written to out.
func lines(t *testing.T, out *bytes.Buffer) []map[string]any {
	t.Helper()
	var ms []map[string]any
	for l := range strings.Lines(out.String()) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(l), &m), l)
		ms = append(ms, m)
	}
	return ms
}

func TestHandlerKeepsTheRulesOfSlog(t *testing.T) {
	var out bytes.Buffer
	l := logs.New(logs.Options{Out: &out})
	results := func() []map[string]any {
		var rs []map[string]any
		for _, m := range lines(t, &out) {
			attrs, _ := m["attrs"].(map[string]any)
			r := map[string]any{"level": m["severity"], "msg": m["message"]}
			if at, ok := m["time"]; ok {
				r["time"] = at
			}
			for k, v := range attrs {
				r[k] = v
			}
			rs = append(rs, r)
		}
		return rs
	}
	require.NoError(t, slogtest.TestHandler(l.Logger().Handler(), results))
}

func TestLineIsWhatCloudLoggingReads(t *testing.T) {
	var out bytes.Buffer
	l := logs.New(logs.Options{Service: "api", Project: "acme", Out: &out})
	ctx := logs.With(t.Context(), logs.Fields{
		Request: "r-1", Trace: strings.Repeat("a", 32), Span: strings.Repeat("b", 16), Caller: "shop:4", Job: "j-9",
		Operation: "order place", Entity: logs.Entity{Type: "order", ID: "7"},
	})
	l.Logger().WarnContext(ctx, "late", "minutes", 12)

	m := lines(t, &out)[0]
	at, err := time.Parse(time.RFC3339Nano, m["time"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), at, time.Minute)
	source := m["logging.googleapis.com/sourceLocation"].(map[string]any)
	require.Equal(t, "logs_test.go", source["file"])
	require.Contains(t, source["function"], "TestLineIsWhatCloudLoggingReads")
	delete(m, "time")
	delete(m, "logging.googleapis.com/sourceLocation")
	require.Equal(t, map[string]any{
		"severity": "WARNING", "message": "late", "kind": "log", "service": "api", "operation": "order place",
		"request": "r-1", "trace": strings.Repeat("a", 32), "span": strings.Repeat("b", 16), "caller": "shop:4", "job": "j-9",
		"entities":                      []any{"order:7"},
		"logging.googleapis.com/trace":  "projects/acme/traces/" + strings.Repeat("a", 32),
		"logging.googleapis.com/spanId": strings.Repeat("b", 16),
		"logging.googleapis.com/labels": map[string]any{"service": "api"},
		"attrs":                         map[string]any{"minutes": 12.0},
	}, m)
}

func TestStoredRecordSaysWhatTheLineSays(t *testing.T) {
	var out bytes.Buffer
	s := &shelf{}
	l := logs.New(logs.Options{Service: "api", Out: &out, Store: s})
	ctx := logs.With(t.Context(), logs.Fields{Request: "r-1", Entity: logs.Entity{Type: "order", ID: "7"}})
	l.Logger().With("zone", 3).WithGroup("cart").InfoContext(ctx, "priced", "items", int64(1<<62), "total", 12.5, "took", time.Second)
	require.NoError(t, l.Close(t.Context()))

	require.Len(t, s.all(), 1)
	r := s.all()[0]
	require.Len(t, r.ID, 32)
	require.Equal(t, "r-1", r.Request)
	require.Equal(t, []string{"order:7"}, r.Entities)
	require.Equal(t, map[string]any{
		"zone": int64(3), "cart": map[string]any{"items": int64(1 << 62), "total": 12.5, "took": "1s"},
	}, r.Attrs)
	require.Equal(t, r.Time.Add(14*24*time.Hour), r.Expires)
}

func TestRecordsExpireByTheirLevel(t *testing.T) {
	const day = 24 * time.Hour
	tests := map[string]struct{ set, want map[slog.Level]time.Duration }{
		"by default": {nil, map[slog.Level]time.Duration{
			slog.LevelDebug: day, slog.LevelInfo: 14 * day, slog.LevelWarn: 30 * day, slog.LevelError: 90 * day,
		}},
		"as it is set, from each level up": {
			map[slog.Level]time.Duration{slog.LevelInfo: time.Hour, slog.LevelError: 3 * time.Hour},
			map[slog.Level]time.Duration{slog.LevelDebug: time.Hour, slog.LevelInfo: time.Hour, slog.LevelWarn: time.Hour, slog.LevelError: 3 * time.Hour},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for level, want := range test.want {
				s := &shelf{}
				l := logs.New(logs.Options{Out: io.Discard, Store: s, Level: slog.LevelDebug, Retention: test.set})
				l.Logger().Log(t.Context(), level, "x")
				require.NoError(t, l.Close(t.Context()))
				require.Len(t, s.all(), 1)
				require.Equal(t, want, s.all()[0].Expires.Sub(s.all()[0].Time), level)
			}
		})
	}
}

func TestRecordsOfOneProcessSortAsTheyWereWritten(t *testing.T) {
	s := &shelf{}
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s, Now: func() time.Time { return noon }})
	for range 100 {
		l.Logger().Info("same clock")
	}
	require.NoError(t, l.Close(t.Context()))
	last := time.Time{}
	for _, r := range s.all() {
		require.True(t, r.Time.After(last))
		require.Equal(t, r.Time, r.Time.Truncate(time.Microsecond))
		last = r.Time
	}
	require.WithinDuration(t, noon, last, time.Millisecond)
}

func TestErrorsAreNormalised(t *testing.T) {
	conflict := errors.New("document has changed")
	classify := func(err error) logs.Class {
		if errors.Is(err, conflict) {
			return logs.Class{Name: "conflict", Code: "ABORTED", Retryable: true}
		}
		return logs.Class{}
	}
	var nilError *brokenError
	cases := map[string]struct {
		err  error
		want logs.Failure
	}{
		"the service's own class": {
			fmt.Errorf("score courier 7: %w", conflict),
			logs.Failure{Class: "conflict", Code: "ABORTED", Retryable: true, Message: "score courier 7: document has changed",
				Chain: []string{"score courier 7: document has changed", "document has changed"}},
		},
		"a deadline": {
			context.DeadlineExceeded,
			logs.Failure{Class: "deadline", Retryable: true, Message: "context deadline exceeded",
				Chain: []string{"context.deadlineExceededError: context deadline exceeded"}},
		},
		"an unknown error": {errors.New("odd"), logs.Failure{Class: "unknown", Retryable: true, Message: "odd"}},
		"several causes": {
			errors.Join(errors.New("a"), errors.New("b")),
			logs.Failure{Class: "unknown", Retryable: true, Message: "a\nb", Chain: []string{"a\nb", "a", "b"}},
		},
		"secrets in its text": {
			errors.New(`Get "https://x.test/?api_key=hunter2&page=1": bearer eyJhbGci refused`),
			logs.Failure{Class: "unknown", Retryable: true,
				Message: `Get "https://x.test/?api_key=[redacted]&page=1": bearer [redacted] refused`},
		},
		"an error that panics": {
			nilError,
			logs.Failure{Class: "panic", Message: "[panic in *logs_test.brokenError: runtime error: invalid memory address or nil pointer dereference]"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := &shelf{}
			l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s, Classify: classify})
			l.Logger().Error("no", "error", c.err)
			require.NoError(t, l.Close(t.Context()))
			require.Equal(t, &c.want, s.all()[0].Error)
			require.Empty(t, s.all()[0].Attrs)
		})
	}
}

type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }
