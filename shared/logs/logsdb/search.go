package logsdb

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/logs"
)

// ErrBadCursor is returned for a cursor that no page gave.
var ErrBadCursor = errors.New("bad cursor")

// Filter selects records: those that fit every field that is not empty.
type Filter struct {
	Entity    string // "order:12"
	Service   string
	Operation string
	Level     string
	Kind      logs.Kind
	State     logs.State
	Request   string
	Trace     string
	Lifecycle string
	Caller    string
	Job       string
	Class     string // of the error
	Status    int
	Slow      bool

	From, To time.Time // logged then or later, and earlier
}

// equal are the fields that f holds to one value.
func (f Filter) equal() map[string]any {
	all := map[string]any{
		"service": f.Service, "operation": f.Operation, "level": f.Level, "kind": string(f.Kind), "state": string(f.State),
		"request": f.Request, "trace": f.Trace, "lifecycle": f.Lifecycle, "caller": f.Caller, "job": f.Job, "error.class": f.Class,
	}
	for field, value := range all {
		if value == "" {
			delete(all, field)
		}
	}
	if f.Status != 0 {
		all["status"] = f.Status
	}
	if f.Slow {
		all["slow"] = true
	}
	return all
}

// Search says which page of the records is wanted.
type Search struct {
	Filter

	// Oldest lists the oldest records first.
	Oldest bool

	// Cursor is Next or Previous of a page, with the same filter and order; empty for
	// the first page.
	Cursor string

	// Limit bounds the page.
	Limit int
}

// Page is a page of records, and the cursors of those beside it: empty where
// there is none. The last page of a live log has a Next if records can follow.
type Page struct {
	Records        []logs.Record
	Next, Previous string
}

// Find returns a page of records, in one round trip. Records that have expired are
// left out.
func (s *Store) Find(ctx context.Context, by Search) (Page, error) {
	db, err := s.open()
	if err != nil {
		return Page{}, fmt.Errorf("search records: %w", err)
	}
	at, err := parse(by.Cursor)
	if err != nil {
		return Page{}, err
	}
	found, err := query(db, by, at).All(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("search records: %w", err)
	}
	if at.back {
		slices.Reverse(found)
	}
	return by.page(found, at), nil
}

// query selects the page that begins at a cursor.
func query(db *docs.DB, by Search, at cursor) docs.Query[logs.Record] {
	q := docs.In[logs.Record](db, collection).Query()
	equal := by.equal()
	for field, value := range equal {
		q = q.Where(field, "==", value)
	}
	if by.Entity != "" {
		q = q.Where("entities", "array-contains", by.Entity)
	}
	if len(equal) == 0 && by.Entity == "" { // no index is by time alone
		q = q.Where("level", "in", []string{"DEBUG", "INFO", "WARNING", "ERROR"})
	}
	if !by.From.IsZero() {
		q = q.Where("time", ">=", by.From)
	}
	if !by.To.IsZero() {
		q = q.Where("time", "<", by.To)
	}
	way := docs.Desc
	if by.Oldest != at.back {
		way = docs.Asc
	}
	q = q.OrderBy("time", way).OrderBy("__name__", way).Limit(by.Limit)
	if at.id != "" {
		q = q.After(at.time, at.id)
	}
	return q
}

// page makes a page of what was found, in the order of the search.
func (by Search) page(found []docs.Doc[logs.Record], at cursor) Page {
	p := Page{Records: []logs.Record{}}
	if len(found) == 0 {
		return p
	}
	first, last := found[0].Data, found[len(found)-1].Data
	full := len(found) == by.Limit
	if full || at.back {
		p.Next = cursor{time: last.Time, id: last.ID}.String()
	}
	if full && at.back || !at.back && at.id != "" {
		p.Previous = cursor{time: first.Time, id: first.ID, back: true}.String()
	}
	now := time.Now()
	for _, d := range found {
		if d.Data.Expires.After(now) {
			p.Records = append(p.Records, d.Data)
		}
	}
	return p
}

// cursor is the record that a page follows, or goes before.
type cursor struct {
	time time.Time
	id   string
	back bool
}

// String is the cursor as callers have it, in a form that they need not escape.
func (c cursor) String() string {
	way := "n"
	if c.back {
		way = "p"
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s%d %s", way, c.time.UnixMicro(), c.id))
}

func parse(text string) (cursor, error) {
	if text == "" {
		return cursor{}, nil
	}
	bad := fmt.Errorf("%w %.80q: use one that a page gave", ErrBadCursor, text)
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != 'n' && b[0] != 'p' {
		return cursor{}, bad
	}
	micros, id, ok := strings.Cut(string(b[1:]), " ")
	us, err := strconv.ParseInt(micros, 10, 64)
	if !ok || err != nil || id == "" || strings.Contains(id, "/") {
		return cursor{}, bad
	}
	return cursor{time: time.UnixMicro(us).UTC(), id: id, back: b[0] == 'p'}, nil
}
