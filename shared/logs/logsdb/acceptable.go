package logsdb

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"lastmile/shared/logs"
)

// maxDepth is how deep attributes may be nested; Firestore allows 20 levels.
const maxDepth = 15

// acceptable returns r with attributes that Firestore takes: no empty or
// reserved names, no list directly within a list, not too deep.
func acceptable(r logs.Record) logs.Record {
	if len(r.Attrs) > 0 {
		r.Attrs = tree(r.Attrs, 0)
	}
	return r
}

func tree(m map[string]any, depth int) map[string]any {
	clean := make(map[string]any, len(m))
	for k, v := range maps.All(m) {
		clean[name(k)] = value(v, depth+1, false)
	}
	return clean
}

func name(key string) string {
	reserved := strings.HasPrefix(key, "__") && strings.HasSuffix(key, "__")
	if key == "" || reserved {
		return "_" + strings.Trim(key, "_")
	}
	return key
}

// value returns v in a form that may stand at this depth, or within a list; as
// JSON text if there is none.
func value(v any, depth int, inList bool) any {
	switch v := v.(type) {
	case map[string]any:
		if depth < maxDepth {
			return tree(v, depth)
		}
	case []any:
		if depth < maxDepth && !inList {
			return list(v, depth)
		}
	default:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

func list(vs []any, depth int) []any {
	clean := make([]any, len(vs))
	for i, v := range vs {
		clean[i] = value(v, depth+1, true)
	}
	return clean
}
