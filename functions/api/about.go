package api

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
)

// parameter is one of a path, with what stands before it.
var parameter = regexp.MustCompile(`([^/]+)/\{(\w+)\}`)

// about tells the record of a request which route it is, and names the things in
// its path: {order} is an order, and /jobs/{id} a job.
func about(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	f := logs.Fields{Operation: op.Method + " " + op.Path}
	for _, m := range parameter.FindAllStringSubmatch(op.Path, -1) {
		kind := m[2]
		if kind == "id" {
			kind = strings.TrimSuffix(m[1], "s")
		}
		id := ctx.Param(m[2])
		f.Entities = append(f.Entities, logs.Entity{Type: kind, ID: id})
		if kind == "job" {
			f.Job = id
		}
	}
	slices.Reverse(f.Entities) // the innermost is what it is about
	next(huma.WithContext(ctx, takeable(logs.With(ctx.Context(), f))))
}

// lost answers for paths and methods that there are not.
func lost(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := *r
			other.Method = method
			if _, pattern := mux.Handler(&other); pattern != "" && pattern != "/" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			httpapi.Refuse(w, http.StatusNotFound, "there is no such route: /docs lists them")
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		httpapi.Refuse(w, http.StatusMethodNotAllowed, "this path takes "+strings.Join(allowed, ", "))
	}
}
