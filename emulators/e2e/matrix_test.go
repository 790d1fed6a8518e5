package e2e_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
)

// matrix is who may use which route of the API.
//
//   - refused: 403, or 401 for nobody, before anything is looked up
//     own    what is theirs; another's is 404 and in nothing different from what is not there
//     own/N  the same with status N
//     list   what is theirs of a list, and nothing of anybody else's
//     all    everybody's
//
// The document has every route in it, or the test fails. Those that end things
// come last.
const matrix = `
route                                          customer courier merchant service operator nobody
GET    /health                                 all      all     all      all     all      all
GET    /.well-known/jwks.json                  all      all     all      all     all      all
POST   /v1/sessions                            all      all     all      all     all      all
GET    /v1/sessions                            list     list    list     list    all      -

GET    /v1/shops                               all      all     all      all     all      -
GET    /v1/shops/{shop}                        all      all     all      all     all      -
PUT    /v1/shops/{shop}                        -        -       own      -       all      -
PUT    /v1/shops/{shop}/open                   -        -       own      -       all      -
GET    /v1/shops/{shop}/versions               -        -       own      -       all      -
GET    /v1/shops/{shop}/items                  all      all     all      all     all      -
GET    /v1/shops/{shop}/items/{item}           all      all     all      all     all      -
GET    /v1/shops/{shop}/items/{item}/picture   all      all     all      all     all      all
GET    /v1/shops/{shop}/catalog                -        -       -        -       all      -
PUT    /v1/shops/{shop}/catalog                -        -       -        -       all      -
GET    /v1/shops/{shop}/catalog/freshness      -        -       -        -       all      -
GET    /v1/shops/{shop}/catalog/versions       -        -       -        -       all      -
POST   /v1/shops/{shop}/catalog/sync           -        -       -        -       all      -

GET    /v1/zones                               all      all     all      all     all      -
GET    /v1/zones/{zone}                        all      all     all      all     all      -
PUT    /v1/zones/{zone}                        -        -       -        -       all      -
GET    /v1/zones/{zone}/versions               -        -       -        -       all      -
GET    /v1/zones/{zone}/dispatch               -        -       -        -       all      -
PUT    /v1/zones/{zone}/dispatch               -        -       -        -       all      -
GET    /v1/zones/{zone}/dispatch/versions      -        -       -        -       all      -
GET    /v1/zones/{zone}/rounds                 -        -       -        -       all      -
GET    /v1/zones/{zone}/score                  -        -       -        -       all      -
GET    /v1/zones/{zone}/score/versions         -        -       -        -       all      -
GET    /v1/zones/{zone}/scores                 -        -       -        -       all      -

GET    /v1/campaigns                           -        -       own      -       all      -
POST   /v1/campaigns                           -        -       own      -       all      -
GET    /v1/campaigns/{id}                      -        -       own      -       all      -
PATCH  /v1/campaigns/{id}                      -        -       own      -       all      -
GET    /v1/campaigns/{id}/grants               -        -       own      -       all      -
POST   /v1/campaigns/{id}/grants               -        -       own      -       all      -
GET    /v1/campaigns/{id}/items                -        -       own      -       all      -
POST   /v1/campaigns/{id}/items                -        -       own      -       all      -
GET    /v1/campaigns/{id}/redemptions          -        -       own      -       all      -
POST   /v1/campaigns/{id}/{action}             -        -       own      -       all      -

POST   /v1/carts/validate                      all      -       all      -       all      -
POST   /v1/orders                              all      -       -        -       all      -
GET    /v1/orders                              list     list    own/422  -       all      -
GET    /v1/orders/{order}                      own      own     own      -       all      -
GET    /v1/orders/{order}/trail                -        -       -        -       all      -
POST   /v1/orders/{order}/pickup               -        own     -        -       all      -
POST   /v1/orders/{order}/deliver              -        own     -        -       all      -
POST   /v1/orders/{order}/accept               -        -       own      -       all      -
POST   /v1/orders/{order}/ready                -        -       own      -       all      -
POST   /v1/orders/{order}/rate                 own      -       -        -       all      -
POST   /v1/orders/{order}/reject               -        -       own      -       all      -
POST   /v1/orders/{order}/cancel               own      -       own      -       all      -

GET    /v1/couriers                            -        -       -        -       all      -
GET    /v1/couriers/{courier}                  -        own     -        -       all      -
PUT    /v1/couriers/{courier}                  -        -       -        -       all      -
PUT    /v1/couriers/{courier}/duty             -        own     -        -       all      -
PUT    /v1/couriers/{courier}/vehicle          -        own     -        -       all      -
POST   /v1/couriers/{courier}/cash             -        -       -        -       all      -
GET    /v1/couriers/{courier}/facts            -        own     -        -       all      -
POST   /v1/couriers/{courier}/facts/{fact}/appeal  -    -       -        -       all      -
GET    /v1/couriers/{courier}/score            -        own     -        -       all      -
GET    /v1/couriers/{courier}/location         -        -       -        -       all      -
POST   /v1/couriers/{courier}/locations        -        own     -        all     all      -
GET    /v1/couriers/{courier}/offers           -        own     -        -       all      -
POST   /v1/offers/{order}/accept               -        own     -        -       -        -
POST   /v1/offers/{order}/reject               -        own     -        -       -        -
POST   /v1/offers/{order}/withdraw             -        own     -        -       -        -

GET    /v1/dispatch                            -        -       -        -       all      -
GET    /v1/dispatch/{order}                    -        -       -        -       all      -
GET    /v1/dispatch/{order}/rounds             -        -       -        -       all      -
POST   /v1/dispatch/{order}/pin                -        -       -        -       all      -
POST   /v1/dispatch/{order}/retry              -        -       -        -       all      -
POST   /v1/dispatch/{order}/cancel             -        -       -        -       all      -
GET    /v1/rounds/{round}                      -        -       -        -       all      -
POST   /v1/rounds/{round}/replay               -        -       -        -       all      -
GET    /v1/scores/config                       -        -       -        -       all      -
PUT    /v1/scores/config                       -        -       -        -       all      -
GET    /v1/scores/config/versions              -        -       -        -       all      -

GET    /v1/jobs                                -        -       -        -       all      -
POST   /v1/jobs                                -        -       -        -       all      -
GET    /v1/jobs/{id}                           -        -       -        -       all      -
GET    /v1/jobs/{id}/pages                     -        -       -        -       all      -
POST   /v1/jobs/{id}/cancel                    -        -       -        -       all      -
POST   /v1/jobs/{id}/retry                     -        -       -        -       all      -
GET    /v1/deadletters                         -        -       -        -       all      -
POST   /v1/deadletters/replay                  -        -       -        -       all      -
GET    /v1/deadletters/{id}                    -        -       -        -       all      -
POST   /v1/deadletters/{id}/replay             -        -       -        -       all      -
GET    /v1/cutovers/{function}                 -        -       -        -       all      -
GET    /v1/cutovers/{function}/comparisons     -        -       -        -       all      -
POST   /v1/cutovers/{function}/flips           -        -       -        -       all      -

GET    /v1/fleet                               -        -       -        -       all      -
GET    /v1/gateways                            -        -       -        -       all      -
GET    /v1/locations                           -        -       -        -       all      -
GET    /v1/locations/near                      -        -       -        -       all      -
GET    /v1/logs                                -        -       -        -       all      -
GET    /v1/map                                 -        -       -        -       all      -
GET    /v1/presence                            -        -       -        -       all      -
GET    /v1/pushes                              -        -       -        -       all      -
GET    /v1/slow-calls                          -        -       -        -       all      -
GET    /v1/system                              -        -       -        -       all      -
PUT    /v1/accounts/{entity}/{id}              -        -       -        -       all      -

POST   /v1/files                               -        all     own/403  -       all      -
GET    /v1/files/{id}                          -        own     own      -       all      -
GET    /v1/files/{id}/upload                   -        own     own      -       all      -
POST   /v1/files/{id}/confirm                  -        own     own      -       all      -
DELETE /v1/files/{id}                          -        own     own      -       all      -
GET    /v1/devices                             list     list    list     -       list     -
POST   /v1/devices                             all      all     all      -       all      -
DELETE /v1/devices/{device}                    own      own     own      -       own      -
DELETE /v1/sessions/{session}                  own      own     own      own     all      -
DELETE /v1/sessions                            all      all     all      all     all      -
`

// cell is what the matrix says of one kind of caller and one route.
type cell struct {
	reach  string // "-", "own", "list" or "all"
	hidden int    // the status of another's
}

// callers are the columns of the matrix; "" is nobody.
func callers() []auth.Entity {
	return []auth.Entity{auth.Customer, auth.Courier, auth.Merchant, auth.Service, auth.Operator, ""}
}

// row is one route or topic.
type row struct {
	name  string
	cells map[auth.Entity]cell
}

// parse reads a table whose last columns are the callers.
func parse(t *testing.T, table string) (all []row) {
	t.Helper()
	for line := range strings.Lines(strings.SplitN(table, "\n", 3)[2]) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		named := len(fields) - len(callers())
		require.Positive(t, named, line)
		r := row{strings.Join(fields[:named], " "), make(map[auth.Entity]cell)}
		for i, who := range callers() {
			reach, status, given := strings.Cut(fields[named+i], "/")
			c := cell{reach, http.StatusNotFound}
			if given {
				var err error
				c.hidden, err = strconv.Atoi(status)
				require.NoError(t, err, line)
			}
			r.cells[who] = c
		}
		all = append(all, r)
	}
	return all
}

func TestEveryRouteIsForThoseWhomTheMatrixNames(t *testing.T) {
	w := openMatrix(t)
	table := parse(t, matrix)
	t.Run("the document has the same routes, and admits the same callers", func(t *testing.T) {
		listed := make(map[string][]string)
		for _, r := range table {
			require.NotContains(t, listed, r.name)
			listed[r.name] = r.admitted()
		}
		require.Equal(t, w.admitted(t), listed)
	})
	for _, r := range table {
		t.Run(r.name, func(t *testing.T) {
			for _, who := range callers() {
				w.hold(t, r.name, who, r.cells[who])
			}
		})
	}
}

// admitted lists the callers that a row does not refuse; nobody is everybody.
func (r row) admitted() []string {
	if r.cells[""].reach == "all" {
		return []string{}
	}
	var names []string
	for _, who := range slices.Sorted(maps.Keys(r.cells)) {
		if r.cells[who].reach != "-" {
			names = append(names, string(who))
		}
	}
	return names
}

// hold has one kind of caller call a route, for their own things, another's, and
// what is not there.
func (w *matrixWorld) hold(t *testing.T, route string, who auth.Entity, c cell) {
	t.Helper()
	others, missing := w.ask(t, route, who, theirs), w.ask(t, route, who, missing)
	note := string(who) + " " + route
	require.Less(t, others.status, http.StatusInternalServerError, "%s: %s", note, others.body)
	if c.reach != "all" || who != auth.Operator {
		require.NotContains(t, others.body, secret, "%s tells what is another's", note)
	}
	switch c.reach {
	case "-":
		want := http.StatusForbidden
		if who == "" {
			want = http.StatusUnauthorized
			require.NotEmpty(t, others.header.Get("WWW-Authenticate"), note)
		}
		require.Equal(t, want, others.status, "%s: %s", note, others.body)
		require.Equal(t, missing, others, "%s: it tells whether the thing is there", note)
	case "own":
		require.Equal(t, c.hidden, others.status, "%s of another: %s", note, others.body)
		require.Equal(t, missing, others, "%s: another's is not as if it were not there", note)
		mine := w.ask(t, route, who, own)
		require.True(t, mine.status < 300 || mine.status == http.StatusConflict || mine.status == http.StatusGone, "%s of their own: %d %s", note, mine.status, mine.body)
	case "list":
		require.Equal(t, http.StatusOK, others.status, "%s: %s", note, others.body)
	case "all":
		require.NotContains(t, []int{http.StatusForbidden, http.StatusUnauthorized}, others.status, "%s: %s", note, others.body)
	}
}
