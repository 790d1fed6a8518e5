package logs

import (
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// Kind tells what a record stands for.
type Kind string

// The kinds of record.
const (
	KindLog       Kind = "log"       // a message
	KindLifecycle Kind = "lifecycle" // an operation, from its entry to its outcome
	KindStep      Kind = "step"      // one step of an operation
)

// State is how far an operation or a step came.
type State string

// The states of an operation. One that stays started crashed.
const (
	StateStarted State = "started"
	StateOK      State = "ok"
	StateError   State = "error"
)

// Record is what is stored of a log record: typed fields to search by, and
// free attributes beneath.
type Record struct {
	ID        string         `json:"id" firestore:"id"`
	Time      time.Time      `json:"time" firestore:"time"`   // when it was logged; of a lifecycle, when it began
	Level     string         `json:"level" firestore:"level"` // as Cloud Logging's severity: DEBUG, INFO, WARNING, ERROR
	Kind      Kind           `json:"kind" firestore:"kind"`
	State     State          `json:"state,omitempty" firestore:"state,omitempty"`
	Service   string         `json:"service" firestore:"service"`
	Operation string         `json:"operation,omitempty" firestore:"operation,omitempty"`
	Message   string         `json:"message" firestore:"message"`
	Entities  []string       `json:"entities,omitempty" firestore:"entities,omitempty"` // "order:123"
	Request   string         `json:"request,omitempty" firestore:"request,omitempty"`
	Trace     string         `json:"trace,omitempty" firestore:"trace,omitempty"`
	Span      string         `json:"span,omitempty" firestore:"span,omitempty"`
	Parent    string         `json:"parent,omitempty" firestore:"parent,omitempty"`       // the span that caused this one
	Lifecycle string         `json:"lifecycle,omitempty" firestore:"lifecycle,omitempty"` // of a step: the record of its operation
	Caller    string         `json:"caller,omitempty" firestore:"caller,omitempty"`
	Job       string         `json:"job,omitempty" firestore:"job,omitempty"`
	Status    int            `json:"status,omitempty" firestore:"status,omitempty"` // of an answer, as in HTTP
	TookMS    float64        `json:"tookMs,omitempty" firestore:"tookMs,omitempty"`
	Trips     int            `json:"trips,omitempty" firestore:"trips,omitempty"` // round trips to databases
	TripsBy   TripCounts     `json:"tripsBy,omitempty" firestore:"tripsBy,omitempty"`
	Slow      bool           `json:"slow,omitempty" firestore:"slow,omitempty"`   // it took longer than its class may
	Calls     []Call         `json:"calls,omitempty" firestore:"calls,omitempty"` // of a slow one: what it waited for
	Error     *Failure       `json:"error,omitempty" firestore:"error,omitempty"`
	Attrs     map[string]any `json:"attrs,omitempty" firestore:"attrs,omitempty"`
	Expires   time.Time      `json:"expires" firestore:"expires"` // by the retention of its level
}

// newRecord returns a record of the kind with the fields of s.
func (l *Logs) newRecord(s *scope, k Kind, at time.Time, lvl slog.Level, message string) Record {
	return Record{
		Time: at, Level: severity(lvl), Kind: k, Message: plain(message),
		Service: l.opts.Service, Operation: s.Operation, Entities: s.names, Request: s.Request, Caller: s.Caller, Job: s.Job,
		Trace: s.Trace, Span: s.Span, Parent: s.parent,
	}
}

// severity is Cloud Logging's name of a level.
func severity(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARNING"
	default:
		return "ERROR"
	}
}

// newID returns n random bytes in hex: 16 for records and traces, 8 for spans.
// Random, not sequential, because sequential document ids make a hot range.
func newID(n int) string {
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64()|1) // never all zero
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:n])
}

// retention holds how long records are kept, by severity.
type retention map[string]time.Duration

var defaultRetention = map[slog.Level]time.Duration{
	slog.LevelDebug: 24 * time.Hour,
	slog.LevelInfo:  14 * 24 * time.Hour,
	slog.LevelWarn:  30 * 24 * time.Hour,
	slog.LevelError: 90 * 24 * time.Hour,
}

// newRetention spreads times over all severities: each takes the time of the
// highest level at or below its own, or of the lowest level there is.
func newRetention(times map[slog.Level]time.Duration) retention {
	if len(times) == 0 {
		times = defaultRetention
	}
	levels := slices.Sorted(maps.Keys(times))
	r := retention{}
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		from := levels[0]
		for _, at := range levels {
			if at <= l {
				from = at
			}
		}
		r[severity(l)] = times[from]
	}
	return r
}
