package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"
)

// Limits of what a record may hold; the rest is cut, and the record says so.
const (
	maxValue = 4 << 10  // bytes of a message or a value
	maxAttrs = 16 << 10 // bytes of all attributes together
	maxDepth = 8        // groups within groups
)

// attr writes a as a member, as slog's rules say: empty attributes and empty
// groups vanish, a group without a key is spread out.
func (l *line) attr(a slog.Attr, depth int) {
	v := a.Value.Resolve()
	if a.Key == "" && v.Equal(slog.Value{}) {
		return
	}
	switch {
	case len(l.b) > maxAttrs:
		l.more()
	case sensitive(a.Key):
		l.text(a.Key, redacted)
	case v.Kind() == slog.KindGroup:
		l.group(a.Key, v.Group(), depth)
	default:
		l.key(a.Key)
		l.value(v)
	}
}

// more says, once, that attributes were left out.
func (l *line) more() {
	const note = `,"cut":true`
	if !bytes.HasSuffix(l.b, []byte(note)) {
		l.b = append(l.b, note...)
	}
}

func (l *line) group(key string, attrs []slog.Attr, depth int) {
	if depth == maxDepth {
		l.text(key, "[nested too deep]")
		return
	}
	members := func() {
		for _, a := range attrs {
			l.attr(a, depth+1)
		}
	}
	if key == "" {
		members()
	} else if l.within([]string{key}, members) {
		l.b = append(l.b, '}')
	}
}

// within opens groups, lets members write into the innermost and leaves them
// open. If nothing was written it takes them back and returns false.
func (l *line) within(groups []string, members func()) bool {
	before := len(l.b)
	for _, g := range groups {
		l.key(g)
		l.b = append(l.b, '{')
	}
	start := len(l.b)
	members()
	if len(l.b) == start {
		l.b = l.b[:before]
		return false
	}
	return true
}

func (l *line) value(v slog.Value) {
	switch v.Kind() {
	case slog.KindString:
		l.string(plain(v.String()))
	case slog.KindInt64:
		l.b = strconv.AppendInt(l.b, v.Int64(), 10)
	case slog.KindUint64:
		l.b = strconv.AppendUint(l.b, v.Uint64(), 10)
	case slog.KindFloat64:
		l.float(v.Float64())
	case slog.KindBool:
		l.b = strconv.AppendBool(l.b, v.Bool())
	case slog.KindDuration:
		l.string(v.Duration().String())
	case slog.KindTime:
		l.time(v.Time())
	default:
		l.any(v.Any())
	}
}

// float writes f, in words where JSON has no number for it.
func (l *line) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		l.string(strconv.FormatFloat(f, 'g', -1, 64))
		return
	}
	l.b = strconv.AppendFloat(l.b, f, 'g', -1, 64)
}

// any writes a value by its JSON form; an error by its text. The code of a
// value may panic: that must not end the operation that only wanted to log.
func (l *line) any(v any) {
	before := len(l.b)
	defer func() {
		if p := recover(); p != nil {
			l.b = l.b[:before]
			l.string(plain(fmt.Sprintf("[panic in %T: %v]", v, p)))
		}
	}()
	switch v := v.(type) {
	case error:
		l.string(plain(v.Error()))
	case time.Duration:
		l.string(v.String())
	default:
		l.json(v)
	}
}

func (l *line) json(v any) {
	b, err := marshal(v)
	switch {
	case err != nil:
		l.string(plain(fmt.Sprintf("[%T: %v]", v, err)))
	case len(b) > maxValue:
		l.string(cut(string(b), maxValue))
	default:
		l.b = append(l.b, b...)
	}
}

// marshal returns the JSON form of v on one line, without secrets: what stands
// under sensitive keys, at any depth, and what texts carry.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	doc := bytes.TrimSpace(b.Bytes())
	if bytes.IndexByte(doc, '"') < 0 {
		return doc, nil
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	if hidden, found := hide(tree); found {
		return json.Marshal(hidden)
	}
	return doc, nil
}

// hide returns a tree without its secrets, and reports whether there were any.
func hide(tree any) (hidden any, found bool) {
	switch t := tree.(type) {
	case string:
		hidden := scrub(t)
		return hidden, hidden != t
	case map[string]any:
		for k, v := range t {
			if sensitive(k) {
				t[k], found = redacted, true
			} else if h, secret := hide(v); secret {
				t[k], found = h, true
			}
		}
	case []any:
		for i, v := range t {
			if h, secret := hide(v); secret {
				t[i], found = h, true
			}
		}
	}
	return tree, found
}

// decodeAttrs turns members as [line.attr] writes them into a tree.
func decodeAttrs(members []byte) map[string]any {
	if len(members) == 0 {
		return nil
	}
	doc := append(append([]byte{'{'}, members...), '}')
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return map[string]any{"undecodable": cut(string(members), maxValue)}
	}
	return number(tree).(map[string]any)
}

// number gives every number its Go type: whole ones stay exact.
func number(v any) any {
	switch t := v.(type) {
	case json.Number:
		if i, err := t.Int64(); err == nil {
			return i
		}
		f, _ := t.Float64()
		return f
	case map[string]any:
		for k, e := range t {
			t[k] = number(e)
		}
	case []any:
		for i, e := range t {
			t[i] = number(e)
		}
	}
	return v
}
