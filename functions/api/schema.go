package api

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaName names a type in the document. Domains have types of the same name,
// such as a schedule or an offer; some say whose theirs are.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	prefix := schemaPrefixes()[path.Base(t.PkgPath())]
	if t.Name() != "" && !strings.HasPrefix(name, prefix) {
		return prefix + name
	}
	return name
}

// schemaPrefixes are by package.
func schemaPrefixes() map[string]string {
	return map[string]string{
		"assign": "Engine", "assigndb": "Dispatch", "campaign": "Campaign", "cart": "Cart", "dispatch": "Dispatch",
		"order": "Order", "push": "Push", "score": "Score", "scoredb": "Score",
	}
}
