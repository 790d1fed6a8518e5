package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/registry"
	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/bulk"
	"lastmile/shared/bulk/bulkdb"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/job"
)

// TestEveryDeclaredIndexAnswersAQuery asks all that the platform ever asks its
// database, which refuses a query whose index is not declared, or whose field is
// exempt from indexes, and tells which indexes it has never needed.
func TestEveryDeclaredIndexAnswersAQuery(t *testing.T) {
	s := openShop(t, 1)
	r := openRouter(t, s)
	asked := 0
	for path, lists := range listsOf(t, r) {
		for _, query := range lists {
			if asked++; asked%20 == 1 {
				r.operator = s.Token(auth.Operator, fmt.Sprint("reader-", asked)) // nobody may ask too often
			}
			w, _ := r.call(t, http.MethodGet, apiRoute{path: path}.url()+"?"+query, "")
			require.NotEqual(t, http.StatusTooManyRequests, w.Code)
			require.Less(t, w.Code, http.StatusInternalServerError, "%s?%s: %s", path, query, w.Body)
		}
	}
	for _, f := range registry.Topology().Functions {
		for _, schedule := range f.Schedules {
			require.NoError(t, s.Scheduler.Run(t.Context(), schedule.Name), schedule.Name)
		}
	}
	askInside(t, s)
	require.Empty(t, s.Firestore.UnusedIndexes(), "no query needs them: do not declare them, or ask here what does")
}

// parameter is one of a query's, with sound values of it.
type parameter struct {
	name     string
	values   []string
	required bool
}

// listsOf are the queries that every route that lists is asked, by its path.
func listsOf(t *testing.T, r *router) map[string][]string {
	t.Helper()
	w, _ := r.call(t, http.MethodGet, "/openapi.json", "")
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
				Schema   struct {
					Type, Format any
					Enum         []string
					Examples     []string
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &document))
	lists := make(map[string][]string)
	for path, methods := range document.Paths {
		var all []parameter
		for _, p := range methods["get"].Parameters {
			if p.In == "query" && p.Name != "limit" && (p.Name != "cursor" || p.Schema.Format == "date-time") {
				all = append(all, parameter{p.Name, sound(p.Name, p.Schema.Type, p.Schema.Format, slices.Concat(p.Schema.Enum, p.Schema.Examples)), p.Required})
			}
		}
		if _, reads := methods["get"]; reads {
			lists[path] = queriesOf(all)
		}
	}
	return lists
}

// sound are values that a parameter can have.
func sound(name string, kind, format any, known []string) []string {
	switch {
	case len(known) > 0:
		return known
	case name == "client":
		return []string{"courier:7"}
	case format == "date-time":
		return []string{time.Now().UTC().Format(time.RFC3339)}
	case kind == "boolean":
		return []string{"true"}
	case kind == "integer", kind == "number":
		return []string{"7"}
	}
	return []string{"bakery"}
}

// fewParameters are so many that every set of them is asked; of more, every pair
// and all at once.
const fewParameters = 8

// queriesOf makes a query of every set of parameters, with the first of their
// values and with the last.
func queriesOf(all []parameter) []string {
	queries := make(map[string]bool)
	for set := range 1 << len(all) {
		if n := bits.OnesCount(uint(set)); len(all) > fewParameters && n > 2 && n < len(all) {
			continue
		}
		first, last := url.Values{}, url.Values{}
		for i, p := range all {
			if set&(1<<i) != 0 || p.required {
				first.Set(p.name, p.values[0])
				last.Set(p.name, p.values[len(p.values)-1])
			}
		}
		queries[first.Encode()], queries[last.Encode()] = true, true
	}
	return slices.Sorted(maps.Keys(queries))
}

// askInside asks what no list and no schedule does.
func askInside(t *testing.T, s *shop) {
	t.Helper()
	yes := true
	for _, category := range []string{"", "bread"} {
		for _, available := range []*bool{nil, &yes} {
			for _, price := range []int64{0, 100} {
				chosen := bulk.Filter{Category: category, Available: available, MinPrice: price}
				require.NoError(t, bulkdb.New(s.db).Matching(t.Context(), "bakery", chosen, func([]string) error { return nil }))
			}
		}
	}
	_, err := s.jobs.Progress(t.Context(), job.Job{ID: "tried-again", Gen: 1})
	require.NoError(t, err)
	older := job.Job{ID: "older", Shop: "bakery", Kind: job.CatalogSync, State: job.Failed, Created: time.Unix(1, 0)}
	newer := job.Job{ID: "newer", Shop: "bakery", Kind: job.CatalogSync, State: job.Done, Created: time.Unix(2, 0)}
	jobs := docs.In[job.Job](s.db, "jobs")
	require.NoError(t, s.db.Commit(t.Context(), jobs.Set("older", older), jobs.Set("newer", newer)))
	_, err = s.jobs.Retry(t.Context(), older.ID, time.Now())
	require.ErrorIs(t, err, job.ErrSuperseded)
	_, err = authdb.New(s.db).RevokedSince(t.Context(), time.Now())
	require.NoError(t, err)
	_, err = catalogdb.New(s.db).Shows(t.Context(), "bakery", "https://example.com/a.png")
	require.NoError(t, err)
}
