package provider

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lastmile/shared/catalog"
)

// style is one way to serve the catalogue.
type style struct {
	kind   catalog.Style
	path   string
	header string // carries the key
	scheme string
	size   string                                            // name of the parameter for the page size
	ask    func(q url.Values, size int) (request, error)     // reads what is asked for
	find   func(*shelf, request) listing                     // finds it
	dress  func(p product, image string) map[string]any      // one product as JSON
	answer func(http.Header, listing, []json.RawMessage) any // the page as JSON
}

// request is what a client asks for, in any style.
type request struct {
	index    int // of the page, from 0, for faults
	offset   int
	limit    int
	from, to time.Time
}

// listing is what is found.
type listing struct {
	request
	slots []slot
	total int
	next  string
}

var styles = []style{
	{kind: catalog.ByOffset, path: "/offset/products", header: "X-Api-Key", size: "limit", ask: askOffset, find: findOffset, dress: dressOffset, answer: answerOffset},
	{kind: catalog.ByPage, path: "/pages/products", header: "Authorization", scheme: "Bearer", size: "per_page", ask: askPage, find: findOffset, dress: dressPage, answer: answerPage},
	{kind: catalog.ByCursor, path: "/cursor/products", header: "X-Access-Token", size: "first", ask: askCursor, find: findCursor, dress: dressCursor, answer: answerCursor},
	{kind: catalog.ByWindow, path: "/window/products", header: "X-Auth-Token", size: "limit", ask: askWindow, find: findWindow, dress: dressWindow, answer: answerWindow},
}

func askOffset(q url.Values, size int) (request, error) {
	offset, ok := number(q.Get("offset"), 0)
	if !ok {
		return request{}, fmt.Errorf("offset %q is not a number from 0", q.Get("offset"))
	}
	return request{index: offset / size, offset: offset, limit: size}, nil
}

func askPage(q url.Values, size int) (request, error) {
	page, ok := number(q.Get("page"), 1)
	if !ok || page < 1 {
		return request{}, fmt.Errorf("page %q is not a number from 1", q.Get("page"))
	}
	return request{index: page - 1, offset: (page - 1) * size, limit: size}, nil
}

// A cursor holds the page's index and where it begins: unreadable to clients,
// as real ones are.
func askCursor(q url.Values, size int) (request, error) {
	r := request{limit: size, offset: -1 << 31}
	token := q.Get("after")
	if token == "" {
		return r, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return r, fmt.Errorf("cursor %q is not ours", token)
	}
	if _, err := fmt.Sscanf(string(text), "%d:%d", &r.index, &r.offset); err != nil {
		return r, fmt.Errorf("cursor %q is not ours", token)
	}
	return r, nil
}

func cursor(index, offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d:%d", index, offset))
}

func askWindow(q url.Values, size int) (request, error) {
	r, err := askCursor(url.Values{"after": {q.Get("cursor")}}, size)
	if err != nil {
		return r, err
	}
	r.offset = max(r.offset, 0)
	from, err := strconv.ParseInt(q.Get("updated_from"), 10, 64)
	if err != nil {
		return r, fmt.Errorf("updated_from %q is not a time in seconds", q.Get("updated_from"))
	}
	to, err := strconv.ParseInt(q.Get("updated_to"), 10, 64)
	if err != nil {
		return r, fmt.Errorf("updated_to %q is not a time in seconds", q.Get("updated_to"))
	}
	r.from, r.to = time.Unix(from, 0), time.Unix(to, 0)
	return r, nil
}

func findOffset(s *shelf, r request) listing {
	slots, total := s.page(r.offset, r.limit)
	return listing{request: r, slots: slots, total: total}
}

func findCursor(s *shelf, r request) listing {
	slots, more := s.after(r.offset, r.limit)
	l := listing{request: r, slots: slots}
	if more {
		l.next = cursor(r.index+1, slots[len(slots)-1].position)
	}
	return l
}

func findWindow(s *shelf, r request) listing {
	slots, more := s.updated(r.from, r.to, r.offset, r.limit)
	l := listing{request: r, slots: slots}
	if more {
		l.next = cursor(r.index+1, r.offset+len(slots))
	}
	return l
}

// decimal writes cents as a price in the major unit.
func decimal(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

func dressOffset(p product, image string) map[string]any {
	status := "out_of_stock"
	if p.Available {
		status = "in_stock"
	}
	return map[string]any{
		"sku": p.ID, "title": p.Name, "body": p.Description,
		"price":     map[string]any{"amount": decimal(p.Cents), "currency": "USD"},
		"inventory": map[string]any{"quantity": p.Stock, "status": status},
		"category":  map[string]any{"name": p.Category}, "images": []any{map[string]any{"url": image}},
		"modified": p.Updated.Format(time.RFC3339),
	}
}

func answerOffset(_ http.Header, l listing, items []json.RawMessage) any {
	return map[string]any{"data": items, "meta": map[string]any{"total": l.total, "limit": l.limit, "offset": l.offset}}
}

func dressPage(p product, image string) map[string]any {
	status := "outofstock"
	if p.Available {
		status = "instock"
	}
	return map[string]any{
		"id": json.Number(p.ID), "name": p.Name, "description": p.Description, "price": decimal(p.Cents),
		"stock_quantity": p.Stock, "stock_status": status, "manage_stock": true,
		"categories": []any{map[string]any{"id": 1, "name": p.Category}}, "images": []any{map[string]any{"src": image}},
		"date_modified_gmt": p.Updated.Format("2006-01-02T15:04:05"),
	}
}

func answerPage(h http.Header, l listing, items []json.RawMessage) any {
	h.Set("X-WP-Total", strconv.Itoa(l.total))
	h.Set("X-WP-TotalPages", strconv.Itoa((l.total+l.limit-1)/l.limit))
	return items
}

func dressCursor(p product, image string) map[string]any {
	return map[string]any{"node": map[string]any{
		"handle": p.ID, "title": p.Name, "summary": p.Description, "category": strings.Split(p.Category, " / "),
		"money":     map[string]any{"value": json.Number(decimal(p.Cents)), "code": "usd"},
		"available": p.Available, "quantity": p.Stock, "image": image, "updated_ms": p.Updated.UnixMilli(),
	}}
}

func answerCursor(_ http.Header, l listing, items []json.RawMessage) any {
	var next any
	if l.next != "" {
		next = l.next
	}
	return map[string]any{"result": map[string]any{"edges": items, "page_info": map[string]any{"has_next": l.next != "", "next": next}}}
}

func dressWindow(p product, image string) map[string]any {
	active := 0
	if p.Available {
		active = 1
	}
	return map[string]any{
		"code": p.ID, "label": p.Name, "text": p.Description, "group": p.Category, "cents": p.Cents, "qty": strconv.FormatInt(p.Stock, 10),
		"active": active, "picture": image, "updated": p.Updated.Unix(),
	}
}

func answerWindow(_ http.Header, l listing, items []json.RawMessage) any {
	return map[string]any{"items": items, "count": len(items), "cursor": l.next}
}
