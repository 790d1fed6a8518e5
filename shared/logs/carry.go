package logs

import (
	"context"
	"strings"
)

// The keys that travel. Their values are printable ASCII without spaces.
const (
	keyTrace   = "traceparent"
	keyRequest = "request"
	keyCaller  = "caller"
	keyJob     = "job"
	keyEntity  = "entity" // "type:id", the first one first, divided by commas
)

// Digits of the ids of W3C.
const (
	traceSize = 32
	spanSize  = 16
)

const (
	maxCarried       = 128
	maxCarriedEntity = 512
)

// Carry returns what has to travel with a message or a call so that the
// records on the other side belong to this one: put it into event attributes,
// task headers or HTTP headers, and hand it to [Restore] there. Values that do
// not fit a header, or are too long, stay behind.
func Carry(ctx context.Context) map[string]string {
	s := scopeOf(ctx)
	if s.Trace == "" || s.Span == "" {
		s = s.spanned()
	}
	m := map[string]string{keyTrace: "00-" + s.Trace + "-" + s.Span + "-01"}
	carry(m, keyRequest, s.Request)
	carry(m, keyCaller, s.Caller)
	carry(m, keyJob, s.Job)
	carry(m, keyEntity, joinEntities(s.names))
	return m
}

func carry(m map[string]string, key, value string) {
	if value != "" && sound(value, limitOf(key)) {
		m[key] = value
	}
}

// joinEntities joins as many whole names as fit.
func joinEntities(names []string) string {
	var b strings.Builder
	for _, n := range names {
		if strings.Contains(n, ",") || !sound(n, maxCarriedEntity-b.Len()-1) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(n)
	}
	return b.String()
}

// Restore takes up what Carry sent, under a new span; get returns the value of
// a key or "". Values that Carry cannot have sent are dropped, and without a
// sound traceparent a new trace begins. It believes what is well-formed: where
// strangers call, let get answer only the keys that they may choose.
func Restore(ctx context.Context, get func(key string) string) context.Context {
	read := func(key string) string {
		if v := get(key); sound(v, limitOf(key)) {
			return v
		}
		return ""
	}
	s := scopeOf(ctx).with(Fields{
		Request: read(keyRequest), Caller: read(keyCaller), Job: read(keyJob), Entities: splitEntities(read(keyEntity)),
	})
	s.Trace, s.parent = parseTraceparent(get(keyTrace))
	if s.Trace == "" {
		s.Trace = newID(16)
	}
	s.Span, s.unused = newID(8), true
	return s.in(ctx)
}

func splitEntities(list string) []Entity {
	var es []Entity
	for name := range strings.SplitSeq(list, ",") {
		kind, id, ok := strings.Cut(name, ":")
		if ok && kind != "" && id != "" && len(es) < maxEntities {
			es = append(es, Entity{Type: kind, ID: id})
		}
	}
	return es
}

func limitOf(key string) int {
	if key == keyEntity {
		return maxCarriedEntity
	}
	return maxCarried
}

// sound reports whether v may travel: short, printable ASCII, no spaces.
func sound(v string, limit int) bool {
	if len(v) > limit {
		return false
	}
	for i := range len(v) {
		if v[i] <= ' ' || v[i] > '~' {
			return false
		}
	}
	return true
}

// parseTraceparent returns the ids of a W3C traceparent of version 00, or of a
// later one as far as it looks like 00; "" and "" if it is malformed.
func parseTraceparent(v string) (trace, span string) {
	const size = len("00-") + traceSize + len("-") + spanSize + len("-01")
	if len(v) < size || len(v) > maxCarried || (len(v) > size && (v[:2] == "00" || v[size] != '-')) {
		return "", ""
	}
	version, trace, span, flags := v[:2], v[3:35], v[36:52], v[53:size]
	if v[2] != '-' || v[35] != '-' || v[52] != '-' || version == "ff" || !isHex(version) || !isHex(flags) || !isID(trace, traceSize) || !isID(span, spanSize) {
		return "", ""
	}
	return trace, span
}

// isID reports whether s is an id of W3C: so many hexadecimal digits, not all 0.
func isID(s string, digits int) bool {
	return len(s) == digits && isHex(s) && strings.Trim(s, "0") != ""
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
