package docs

import (
	"reflect"
	"strings"

	"cloud.google.com/go/firestore"
)

// fields returns the fields of v, a struct with firestore tags, as Firestore
// stores them. Empty fields tagged omitempty are deleted.
func fields(v any) []Field {
	rv := reflect.ValueOf(v)
	var fs []Field
	for i := range rv.NumField() {
		f := rv.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("firestore"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		value := rv.Field(i)
		if strings.Contains(options, "omitempty") && value.IsZero() {
			fs = append(fs, Field{Path: []string{name}, Value: firestore.Delete})
			continue
		}
		fs = append(fs, Field{Path: []string{name}, Value: value.Interface()})
	}
	return fs
}
