package storage

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	raw "google.golang.org/api/storage/v1"
)

// conditions are what a caller demands of the object that is there.
type conditions struct {
	generation              int64 // 0 = the live one
	match, notMatch         *int64
	metaMatch, metaNotMatch *int64
	read                    bool // an unchanged object is 304 rather than 412
}

// conditionsOf reads the conditions in the parameters of the JSON API; prefix
// is "" or "Source".
func conditionsOf(q url.Values, prefix string) (c conditions, err error) {
	generation := "generation"
	if prefix != "" {
		generation = "sourceGeneration"
	}
	if v := q.Get(generation); v != "" {
		if c.generation, err = strconv.ParseInt(v, 10, 64); err != nil {
			return c, invalid("Invalid value for %s: %q", generation, v)
		}
	}
	for name, field := range map[string]**int64{
		"GenerationMatch": &c.match, "GenerationNotMatch": &c.notMatch,
		"MetagenerationMatch": &c.metaMatch, "MetagenerationNotMatch": &c.metaNotMatch,
	} {
		if err := number(field, "if"+prefix+name, q.Get("if"+prefix+name)); err != nil {
			return c, err
		}
	}
	return c, nil
}

// conditionsOfHeader reads the conditions of the XML API.
func conditionsOfHeader(h http.Header, q url.Values) (c conditions, err error) {
	if v := q.Get("generation"); v != "" {
		if c.generation, err = strconv.ParseInt(v, 10, 64); err != nil {
			return c, invalid("Invalid value for generation: %q", v)
		}
	}
	for name, field := range map[string]**int64{
		"X-Goog-If-Generation-Match": &c.match, "X-Goog-If-Metageneration-Match": &c.metaMatch,
		"X-Goog-If-Generation-Not-Match": &c.notMatch, "X-Goog-If-Metageneration-Not-Match": &c.metaNotMatch,
	} {
		if err := number(field, name, h.Get(name)); err != nil {
			return c, err
		}
	}
	return c, nil
}

func number(field **int64, name, value string) error {
	if value == "" {
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return invalid("Invalid value for %s: %q", name, value)
	}
	*field = &n
	return nil
}

// check holds the conditions against the object there is; nil = there is none,
// which is generation 0.
func (c conditions) check(o *raw.Object) error {
	var generation, metageneration int64
	if o != nil {
		generation, metageneration = o.Generation, o.Metageneration
	}
	switch {
	case c.match != nil && *c.match != generation,
		c.metaMatch != nil && *c.metaMatch != metageneration:
		return errPrecondition
	case c.notMatch != nil && *c.notMatch == generation,
		c.metaNotMatch != nil && *c.metaNotMatch == metageneration:
		if c.read {
			return errNotModified
		}
		return errPrecondition
	}
	return nil
}

func etag(o *raw.Object) string { return fmt.Sprintf("%x/%x", o.Generation, o.Metageneration) }
