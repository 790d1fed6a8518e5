package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/auth"
	"lastmile/shared/campaign"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/order"
)

// side is whose a thing is, seen by a caller.
type side int

const (
	own side = iota
	theirs
	missing
)

// secret stands in everything that only its owner may read.
const secret = "for-its-owner-only"

// matrixWorld has two of everything: one of ann's, cyd's and ben's, and one of
// bob's, dan's and max's.
type matrixWorld struct {
	*bakehouse
	api    *router
	redis  *redis.Client
	tokens map[auth.Entity]string
	names  map[auth.Entity]map[string][3]string // by parameter
	calls  int
}

// owners are each kind of caller, and another of the kind.
func owners() map[auth.Entity][2]string {
	return map[auth.Entity][2]string{
		auth.Customer: {"ann", "bob"}, auth.Courier: {"cyd", "dan"}, auth.Merchant: {"ben", "max"},
		auth.Service: {"till", "scale"}, auth.Operator: {"ops2", "ops3"},
	}
}

func openMatrix(t *testing.T) *matrixWorld {
	t.Helper()
	b := bakehouseIn(t, open(t, stack.Options{Quiet: true, EmbeddedRedis: true}), bread("rye", 250, 5))
	w := &matrixWorld{
		bakehouse: b, api: openRouter(t, b.shop), redis: redis.NewClient(&redis.Options{Addr: b.Redis.Addr()}),
		tokens: map[auth.Entity]string{"": ""}, names: make(map[auth.Entity]map[string][3]string),
	}
	t.Cleanup(func() { require.NoError(t, w.redis.Close()) })
	butcher := bakeryShop()
	butcher["name"] = "Butcher"
	require.Equal(t, http.StatusOK, w.call(t, "PUT", "/v1/shops/butcher", butcher, &object{}))
	require.Equal(t, http.StatusOK, w.call(t, "PUT", "/v1/couriers/dan", object{
		"name": secret, "zone": "malta", "vehicle": "bicycle", "capacity": 2, "cashLimit": 10000,
	}, &object{}))
	cut := catalogdb.Item{Item: bread("rye", 250, 5), Terms: catalog.Terms("cut")}
	require.NoError(t, w.db.Commit(t.Context(), docs.In[catalogdb.Item](w.db, "shops", "butcher", "items").Set(catalog.DocID("rye"), cut)))
	w.store(t, "mine", "ann", "bakery", "cyd", "")
	w.store(t, "theirs", "bob", "butcher", "dan", secret)
	off, flash := object{"amount": 100, "currency": "EUR"}, object{"basisPoints": 1000}
	campaigns := [3]string{w.campaign(t, "bakery", campaign.AmountOff, off), w.campaign(t, "butcher", campaign.AmountOff, off), "nocampaign"}
	flashes := [3]string{w.campaign(t, "bakery", campaign.FlashSale, flash), w.campaign(t, "butcher", campaign.FlashSale, flash), "nocampaign"}
	for entity, ids := range owners() {
		w.names[entity] = w.enrol(t, entity, ids)
		w.names[entity]["campaign"], w.names[entity]["flash"] = campaigns, flashes
	}
	w.names[""] = w.names[auth.Customer]
	return w
}

// store keeps an order, and the search for its courier, as if it had come that far.
func (w *matrixWorld) store(t *testing.T, id, customer, shop, courier, note string) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	o := order.Order{
		ID: order.ID(id), Customer: customer, Shop: shop, Zone: "malta", Courier: courier, State: order.Placed, Version: 1, Open: true,
		Dropoff: order.Place{Note: note}, Lines: []order.Line{}, Price: order.Price{Currency: "EUR"}, PlacedAt: now,
	}
	search := dispatch.Dispatch{
		Order: id, Shop: shop, Zone: "malta", Customer: customer, State: dispatch.Waiting, Open: true, Gen: 1, Round: 1, Version: 1, Due: now.Add(time.Hour),
		Offers: []dispatch.Offer{{Courier: courier, State: dispatch.Offered, Gen: 1, Round: 1, At: now, Expires: now.Add(time.Hour)}}, Asked: []string{courier},
	}
	require.NoError(t, w.db.Commit(t.Context(),
		docs.In[order.Order](w.db, "orders").Set(id, o), docs.In[dispatch.Dispatch](w.db, "dispatch").Set(id, search)))
}

func (w *matrixWorld) campaign(t *testing.T, shop string, kind campaign.Kind, terms object) string {
	t.Helper()
	var made promoted
	draft := sale(kind, terms, time.Time{}, time.Now().Add(time.Hour))
	draft["shop"], draft["title"], draft["draft"] = shop, secret, true
	require.Equal(t, http.StatusCreated, w.call(t, "POST", "/v1/campaigns", draft, &made), "%s %v", made.Detail, made.Errors)
	return string(made.ID)
}

// enrol makes the things that are only a caller's, and only another's of the kind.
func (w *matrixWorld) enrol(t *testing.T, entity auth.Entity, ids [2]string) map[string][3]string {
	t.Helper()
	shops, end := [3]string{"bakery", "butcher", "noshop"}, time.Now().UTC().AddDate(0, 1, 0).Format(campaign.WallTime)
	files, drafts := [3]string{2: "nofile"}, [3]string{2: "nofile"}
	devices, sessions := [3]string{"nodevice", "nodevice", "nodevice"}, [3]string{2: "nosession"}
	for i, id := range ids {
		signedIn := func() auth.Grant {
			grant, err := w.SignIn(t.Context(), entity, id, shops[i])
			require.NoError(t, err)
			return grant
		}
		grant := signedIn()
		if i == int(own) {
			w.tokens[entity] = grant.Pass.Token
			grant = signedIn() // one to end
		}
		sessions[i] = grant.Session.ID
		as := client{t, w.Stack, grant.Pass.Token}
		var device struct{ ID string }
		if as.call("POST", "/v1/devices", object{"token": fmt.Sprint(entity, id), "platform": "ios"}, &device) == http.StatusCreated {
			devices[i] = device.ID
		}
		files[i], drafts[i] = "nofile", "nofile"
		if kind, owner := uploads(entity, side(i)); kind != "" {
			files[i] = as.put(kind, owner, picture(t, 8, 8), "").ID
			draft, _ := as.announce(kind, owner, picture(t, 8, 8), "")
			drafts[i] = draft.File
		}
	}
	return map[string][3]string{
		"shop": shops, "courier": {"cyd", "dan", "nocourier"}, "order": {"mine", "theirs", "noorder"}, "item": {"rye", "rye", "rye"},
		"file": files, "draft": drafts, "device": devices, "session": sessions, "zone": {"malta", "malta", "malta"}, "entity": {"customer", "customer", "customer"},
		"action": {"publish", "publish", "publish"}, "function": {"catalogpage", "catalogpage", "catalogpage"},
		"end": {end, end, end}, "fact": {"f", "f", "f"}, "round": {"r", "r", "r"}, "id": {"x1", "x1", "x1"}, "letter": {"x1", "x1", "x1"},
	}
}

// uploads is what an entity uploads, for whom.
func uploads(e auth.Entity, whose side) (kind, owner string) {
	switch e {
	case auth.Merchant:
		return "item.picture", [...]string{"shop:bakery", "shop:butcher"}[whose]
	case auth.Courier:
		return "proof.photo", [...]string{"order:mine", "order:theirs"}[whose]
	}
	return "", ""
}

// admitted is what the document says of who is let in where.
func (w *matrixWorld) admitted(t *testing.T) map[string][]string {
	t.Helper()
	answer, _ := w.api.call(t, http.MethodGet, "/openapi.json", "")
	var document struct {
		Security []map[string][]string
		Paths    map[string]map[string]struct{ Security *[]map[string][]string }
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &document))
	admitted := make(map[string][]string)
	for path, methods := range document.Paths {
		for method, op := range methods {
			security, names := document.Security, []string{}
			if op.Security != nil {
				security = *op.Security
			}
			for _, s := range security {
				names = append(names, s["bearer"]...)
			}
			slices.Sort(names)
			admitted[strings.ToUpper(method)+" "+path] = names
		}
	}
	return admitted
}

// answer is all that a caller learns; names of things are taken out.
type answer struct {
	status int
	header http.Header
	body   string
	reads  int // of the database: they take time
}

// ask calls a route as somebody, about something of theirs, another's or nobody's.
// Whoever calls too often calls again: how often is not what is tried here.
func (w *matrixWorld) ask(t *testing.T, route string, who auth.Entity, whose side) answer {
	t.Helper()
	got := w.once(route, who, w.tokens[who], whose)
	if got.status == http.StatusTooManyRequests {
		require.NoError(t, w.redis.Del(t.Context(), "rate:read:"+w.caller(who), "rate:write:"+w.caller(who)).Err())
		got = w.once(route, who, w.tokens[who], whose)
	}
	return got
}

func (w *matrixWorld) caller(who auth.Entity) string { return string(who) + ":" + owners()[who][own] }

func (w *matrixWorld) once(route string, who auth.Entity, token string, whose side) answer {
	method, path, _ := strings.Cut(route, " ")
	r := httptest.NewRequest(method, w.fill(path+queryOf(route, who), route, who, whose), strings.NewReader(w.fill(bodyOf(route, who), route, who, whose)))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w.calls++
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.%d.%d", w.calls/250, w.calls%250)) // nobody is each time another
	ctx := logs.CountTrips(r.Context())
	got := httptest.NewRecorder()
	w.api.ServeHTTP(got, r.WithContext(ctx))
	header := got.Header()
	header.Del("X-Request-Id")
	header.Del("Date")
	header.Del("Content-Length") // that of the names in the body
	return answer{got.Code, header, w.nameless(got.Body.String(), route, who, whose), reads(ctx)}
}

// fill puts names of things into a path or a body.
func (w *matrixWorld) fill(text, route string, who auth.Entity, whose side) string {
	return pathParameter.ReplaceAllStringFunc(text, func(p string) string {
		names := w.names[who][kindOf(strings.Trim(p, "{}"), route)]
		return names[whose]
	})
}

// nameless takes them out of what is answered.
func (w *matrixWorld) nameless(text, route string, who auth.Entity, whose side) string {
	for _, p := range pathParameter.FindAllString(route+" {shop}{order}", -1) {
		if name := w.names[who][kindOf(strings.Trim(p, "{}"), route)][whose]; len(name) > 2 {
			text = strings.ReplaceAll(text, name, p)
		}
	}
	return text
}

// kindOf is what a parameter of a route names.
func kindOf(parameter, route string) string {
	switch {
	case parameter != "id":
		return parameter
	case strings.HasSuffix(route, "/items"):
		return "flash"
	case strings.Contains(route, " /v1/campaigns/"):
		return "campaign"
	case strings.HasPrefix(route, "DELETE /v1/files/"), strings.HasSuffix(route, "/upload"):
		return "draft"
	case strings.Contains(route, " /v1/files/"):
		return "file"
	case strings.Contains(route, " /v1/deadletters/"):
		return "letter"
	}
	return parameter
}
