package storage

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// decodeChanges reads a JSON merge patch of the fields that may be changed;
// others are left out, as the service ignores them.
func decodeChanges(r *http.Request, allowed ...string) (map[string]any, error) {
	changes := map[string]any{}
	if err := decode(r, &changes); err != nil {
		return nil, err
	}
	maps.DeleteFunc(changes, func(field string, _ any) bool { return !slices.Contains(allowed, field) })
	return changes, nil
}

// merged returns a copy of v with a JSON merge patch (RFC 7396) applied.
func merged[T any](v *T, changes map[string]any) (*T, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, err
	}
	apply(fields, changes)
	if b, err = json.Marshal(fields); err != nil {
		return nil, err
	}
	c := new(T)
	if err := json.Unmarshal(b, c); err != nil {
		return nil, invalid("Invalid value: %v", err)
	}
	return c, nil
}

func apply(fields, changes map[string]any) {
	for k, v := range changes {
		switch v := v.(type) {
		case nil:
			delete(fields, k)
		case map[string]any:
			inner, ok := fields[k].(map[string]any)
			if !ok {
				inner = map[string]any{}
			}
			apply(inner, v)
			fields[k] = inner
		default:
			fields[k] = v
		}
	}
}
