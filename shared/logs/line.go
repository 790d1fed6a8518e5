package logs

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// line builds one line of JSON.
type line struct{ b []byte }

var lines = sync.Pool{New: func() any { return &line{b: make([]byte, 0, 1024)} }}

func borrowLine() *line { return lines.Get().(*line) }

// release gives l back, unless a giant record has grown it.
func (l *line) release() {
	if cap(l.b) <= 16<<10 {
		l.b = l.b[:0]
		lines.Put(l)
	}
}

// record writes r in the form that Cloud Logging understands.
func (l *line) record(to *Logs, r *Record, attrs []byte, pc uintptr) {
	l.b = append(l.b, `{"severity":"`...)
	l.b = append(l.b, r.Level...)
	l.b = append(l.b, '"')
	if !r.Time.IsZero() {
		l.key("time")
		l.time(r.Time)
	}
	l.key("message")
	l.string(r.Message)
	l.google(to, r, pc)
	l.fields(r)
	if len(attrs) > 0 {
		l.key("attrs")
		l.b = append(l.b, '{')
		l.b = append(l.b, attrs...)
		l.b = append(l.b, '}')
	}
	l.b = append(l.b, '}', '\n')
}

// google writes the fields that are Cloud Logging's own.
func (l *line) google(to *Logs, r *Record, pc uintptr) {
	if r.Trace != "" && to.trace != nil {
		l.b = append(l.b, to.trace...)
		l.b = append(l.b, r.Trace...)
		l.b = append(l.b, '"')
		l.text("logging.googleapis.com/spanId", r.Span)
	}
	if pc != 0 {
		l.b = append(l.b, sourceOf(pc)...)
	}
	l.b = append(l.b, to.labels...)
}

// fields writes the typed fields that are not empty.
func (l *line) fields(r *Record) {
	l.text("id", r.ID)
	l.text("kind", string(r.Kind))
	l.text("state", string(r.State))
	l.text("service", r.Service)
	l.text("operation", r.Operation)
	l.text("request", r.Request)
	l.text("trace", r.Trace)
	l.text("span", r.Span)
	l.text("parent", r.Parent)
	l.text("lifecycle", r.Lifecycle)
	l.text("caller", r.Caller)
	l.text("job", r.Job)
	if len(r.Entities) > 0 {
		l.key("entities")
		l.strings(r.Entities)
	}
	l.outcome(r)
}

// outcome writes what is known at the end of an operation.
func (l *line) outcome(r *Record) {
	if r.Status != 0 {
		l.key("status")
		l.b = strconv.AppendInt(l.b, int64(r.Status), 10)
	}
	if r.TookMS != 0 {
		l.key("tookMs")
		l.b = strconv.AppendFloat(l.b, r.TookMS, 'f', -1, 64)
	}
	if r.Trips != 0 {
		l.key("trips")
		l.b = strconv.AppendInt(l.b, int64(r.Trips), 10)
		l.key("tripsBy")
		l.any(r.TripsBy)
	}
	if r.Slow {
		l.key(slow)
		l.b = append(l.b, "true"...)
	}
	if len(r.Calls) > 0 {
		l.key("calls")
		l.json(r.Calls)
	}
	if r.Error != nil {
		l.key("error")
		l.any(r.Error)
	}
}

// key begins a member, with the comma that it needs.
func (l *line) key(k string) {
	l.comma()
	l.string(k)
	l.b = append(l.b, ':')
}

func (l *line) comma() {
	if n := len(l.b); n > 0 && l.b[n-1] != '{' && l.b[n-1] != '[' {
		l.b = append(l.b, ',')
	}
}

// text writes a member unless its value is empty.
func (l *line) text(key, value string) {
	if value != "" {
		l.key(key)
		l.string(value)
	}
}

func (l *line) strings(list []string) {
	l.b = append(l.b, '[')
	for _, s := range list {
		l.comma()
		l.string(s)
	}
	l.b = append(l.b, ']')
}

func (l *line) time(t time.Time) {
	l.b = append(l.b, '"')
	l.b = t.AppendFormat(l.b, time.RFC3339Nano)
	l.b = append(l.b, '"')
}

const hexDigits = "0123456789abcdef"

// string writes s quoted; what is not UTF-8 becomes the replacement character.
func (l *line) string(s string) {
	l.b = append(l.b, '"')
	from := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				l.b = append(l.b, s[from:i]...)
				l.escape(c)
				from = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			l.b = append(l.b, s[from:i]...)
			l.b = append(l.b, "\ufffd"...)
			from = i + size
		}
		i += size
	}
	l.b = append(l.b, s[from:]...)
	l.b = append(l.b, '"')
}

func (l *line) escape(c byte) {
	switch c {
	case '"', '\\':
		l.b = append(l.b, '\\', c)
	case '\n':
		l.b = append(l.b, '\\', 'n')
	case '\t':
		l.b = append(l.b, '\\', 't')
	default:
		l.b = append(l.b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// sources caches the rendered source location of every call of a logger: as
// many entries as the program has such calls.
var sources sync.Map // uintptr to []byte

func sourceOf(pc uintptr) []byte {
	if b, ok := sources.Load(pc); ok {
		return b.([]byte)
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	l := line{b: []byte(",")}
	l.b = append(l.b, `"logging.googleapis.com/sourceLocation":{`...)
	l.text("file", frame.File[strings.LastIndexByte(frame.File, '/')+1:])
	l.text("line", strconv.Itoa(frame.Line))
	l.text("function", frame.Function)
	l.b = append(l.b, '}')
	sources.Store(pc, l.b)
	return l.b
}

// renderTrace returns the trace field of a project, as a member up to where the
// trace id goes.
func renderTrace(project string) []byte {
	if project == "" {
		return nil
	}
	l := line{b: []byte(`,"logging.googleapis.com/trace":`)}
	l.string("projects/" + project + "/traces/")
	return l.b[:len(l.b)-1]
}

// renderLabels returns the labels of a service, as a member.
func renderLabels(service string) []byte {
	if service == "" {
		return nil
	}
	l := line{b: []byte(`,"logging.googleapis.com/labels":{`)}
	l.text("service", service)
	return append(l.b, '}')
}
