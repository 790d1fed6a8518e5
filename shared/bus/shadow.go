package bus

import (
	"bytes"
	"encoding/json"
	"time"

	"lastmile/shared/shadow"
)

// AddTo adds the publication of m to the effects of a handling. Two are the same
// if topic, subject and data are: the event's id and time are left out, and so
// are all times in the data, as two handlings of one event choose their own.
func (m Message) AddTo(e shadow.Effects) {
	e.Add("publish "+m.Topic+" "+m.Attributes[attrSubject], timeless(m.Data))
}

// timeless returns JSON in a canonical form without times; other data as it is.
func timeless(data []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return data
	}
	canonical, err := json.Marshal(stripTimes(v))
	if err != nil {
		return data
	}
	return canonical
}

func stripTimes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = stripTimes(v[k])
		}
	case []any:
		for i := range v {
			v[i] = stripTimes(v[i])
		}
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return "a time"
		}
	}
	return v
}
