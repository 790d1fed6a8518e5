package api

import (
	"errors"
	"maps"

	"github.com/danielgtaylor/huma/v2"
)

// maxDepth bounds how deeply a body may nest. No schema needs half of it, and what
// nests deeper is read by recursion at each of its levels.
const maxDepth = 32

var errTooDeep = errors.New("the body nests too deeply")

// shallow returns formats that read no body that nests deeper than maxDepth.
func shallow(formats map[string]huma.Format) map[string]huma.Format {
	bounded := maps.Clone(formats)
	for name, format := range bounded {
		read := format.Unmarshal
		format.Unmarshal = func(body []byte, v any) error {
			if depth(body) > maxDepth {
				return errTooDeep
			}
			return read(body, v)
		}
		bounded[name] = format
	}
	return bounded
}

// depth is how deeply the objects and lists of a JSON text nest. What stands in
// strings does not count; a text that is no JSON has some depth, too.
func depth(text []byte) int {
	deepest, open, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			open++
			deepest = max(deepest, open)
		case c == '}' || c == ']':
			open--
		}
	}
	return deepest
}
