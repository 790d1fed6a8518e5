package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle []byte

// docsPolicy lets the page load its own style, and nothing else from anywhere.
const docsPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// readable serves the document as a page for people: rendered here, with no script
// and no other host.
func readable(mux *http.ServeMux, api huma.API) {
	page := sync.OnceValues(func() ([]byte, error) { return render(api.OpenAPI()) })
	mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		text, err := page()
		if err != nil {
			http.Error(w, "the page cannot be made; /openapi.json can be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", docsPolicy)
		_, _ = w.Write(text) // the reader has gone
	})
	mux.HandleFunc("GET /docs/style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(docsStyle) // the reader has gone
	})
}

// chapter is the routes of one tag.
type chapter struct {
	Name   string
	Routes []route
}

// route is one operation as the page shows it.
type route struct {
	*huma.Operation
	Trips   any
	Callers string
	Fields  []field // of the body
}

// field is one field of a body or an answer.
type field struct {
	Name, Type, Doc string
	Required        bool
}

func render(d *huma.OpenAPI) ([]byte, error) {
	byTag := make(map[string][]route)
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		item := d.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byTag[tagOf(op)] = append(byTag[tagOf(op)], routeOf(d, op))
			}
		}
	}
	var chapters []chapter
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		chapters = append(chapters, chapter{tag, byTag[tag]})
	}
	page, err := template.New("docs").Parse(docsPage)
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, map[string]any{"Title": d.Info.Title, "Version": d.Info.Version, "Chapters": chapters}); err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return out.Bytes(), nil
}

// tagOf is the chapter of a route: its tag, else what its path is about.
func tagOf(op *huma.Operation) string {
	if len(op.Tags) > 0 {
		return op.Tags[0]
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(op.Path, "/"), "v1/"), "/")
	return first
}

func routeOf(d *huma.OpenAPI, op *huma.Operation) route {
	r := route{Operation: op, Trips: op.Extensions[tripsField], Callers: "operator"}
	switch {
	case op.Security != nil && len(op.Security) == 0:
		r.Callers = "everybody"
	case op.Security != nil:
		r.Callers = strings.Join(op.Security[0][scheme], ", ")
	}
	if op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil {
		r.Fields = fieldsOf(d, op.RequestBody.Content["application/json"].Schema)
	}
	return r
}

func fieldsOf(d *huma.OpenAPI, s *huma.Schema) []field {
	s = resolved(d, s)
	if s == nil {
		return nil
	}
	var all []field
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		f := field{Name: name, Type: typeOf(p), Doc: p.Description, Required: slices.Contains(s.Required, name)}
		all = append(all, f)
	}
	return all
}

func resolved(d *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return d.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func typeOf(s *huma.Schema) string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == huma.TypeArray && s.Items != nil:
		return "list of " + typeOf(s.Items)
	case len(s.Enum) > 0:
		return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(s.Enum...)), " | "), "[]")
	}
	return s.Type
}
