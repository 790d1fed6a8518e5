package api

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaName names a type in the document. Domains have types of the same name,
// such as a schedule; those of campaigns say so.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if path.Base(t.PkgPath()) == "campaign" && t.Name() != "" && !strings.HasPrefix(name, "Campaign") {
		return "Campaign" + name
	}
	return name
}
