package e2e_test

import (
	"context"
	"strings"

	"lastmile/shared/auth"
	"lastmile/shared/logs"
)

// queryOf is the query of a call, where one is needed.
func queryOf(route string, who auth.Entity) string {
	switch {
	case route == "GET /v1/campaigns", route == "GET /v1/orders" && who == auth.Merchant:
		return "?shop={shop}"
	case route == "GET /v1/locations":
		return "?courier={courier}"
	case route == "GET /v1/locations/near":
		return "?lat=35.9&lng=14.5"
	case route == "GET /v1/presence":
		return "?client=courier:1"
	}
	return ""
}

// bodyOf is the body of a call: a sound one where a handler looks whose a thing
// is.
func bodyOf(route string, who auth.Entity) string {
	if route == "POST /v1/files" {
		kind, owner := "item.picture", "shop:{shop}"
		if who == auth.Courier {
			kind, owner = "proof.photo", "order:{order}"
		}
		return `{"kind":"` + kind + `","owner":"` + owner + `","size":8,"crc32c":"yZRlqg=="}`
	}
	if body, ok := bodies()[route]; ok {
		return body
	}
	if strings.HasPrefix(route, "GET") || strings.HasPrefix(route, "DELETE") {
		return ""
	}
	return "{}"
}

func bodies() map[string]string {
	return map[string]string{
		"PUT /v1/shops/{shop}": `{"name":"A shop","point":{"lat":35.9,"lng":14.5},"zone":"malta","timeZone":"Europe/Malta","currency":"EUR","open":true,
			"hours":{"week":[]},"minOrder":0,"prepMinutes":15}`,
		"PUT /v1/shops/{shop}/open":             `{"open":true}`,
		"POST /v1/campaigns":                    `{"shop":"{shop}","kind":"percent_off","title":"Sale","draft":true,"plan":{"zone":"UTC","end":"{end}"},"terms":{"basisPoints":1000}}`,
		"PATCH /v1/campaigns/{id}":              `{"title":"Another"}`,
		"POST /v1/campaigns/{id}/grants":        `{"customers":["ann"]}`,
		"POST /v1/campaigns/{id}/items":         `{"items":["rye"]}`,
		"POST /v1/carts/validate":               `{"shop":"{shop}","lines":[{"item":"rye","quantity":1}],"dropoff":{"point":{"lat":35.91,"lng":14.5}},"customer":"bob"}`,
		"POST /v1/orders":                       `{"shop":"{shop}","lines":[{"item":"rye","quantity":1}],"dropoff":{"point":{"lat":35.91,"lng":14.5}},"customer":"bob","quote":"q"}`,
		"POST /v1/orders/{order}/reject":        `{"reason":"closed"}`,
		"POST /v1/orders/{order}/cancel":        `{"reason":"changed my mind"}`,
		"POST /v1/orders/{order}/rate":          `{"courier":5,"shop":5}`,
		"PUT /v1/couriers/{courier}/duty":       `{"onDuty":true}`,
		"PUT /v1/couriers/{courier}/vehicle":    `{"vehicle":"car","capacity":2}`,
		"POST /v1/couriers/{courier}/cash":      `{"amount":1}`,
		"POST /v1/couriers/{courier}/locations": `{"fixes":[{"at":"2026-01-01T00:00:00Z","seq":1,"lat":35.9,"lng":14.5}]}`,
		"POST /v1/dispatch/{order}/pin":         `{"courier":"cyd"}`,
		"POST /v1/cutovers/{function}/flips":    `{"path":"old"}`,
		"POST /v1/sessions":                     `{"identity":"no.such.one","entity":"spy"}`,
		"POST /v1/devices":                      `{"token":"one-more","platform":"ios"}`,
	}
}

// reads is how often a call has asked the database.
func reads(ctx context.Context) (n int) {
	for _, c := range logs.Trips(ctx) {
		if !strings.HasPrefix(c.Name, "redis") {
			n += c.Count
		}
	}
	return n
}
