package orderdb

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// ErrBadCursor is returned for a cursor that no list gave.
var ErrBadCursor = errors.New("no cursor of a list of orders")

// Query selects orders. Empty fields select all; of the first four at most one
// is set, and of State and Open.
type Query struct {
	Customer, Shop, Courier, Zone string

	State order.State
	Open  bool // only those that are open

	Cursor string // next of the list before
	Limit  int
}

// List returns orders, the newest first, and the cursor of those that follow;
// empty if there are none.
func (s *Store) List(ctx context.Context, q Query) (found []order.Order, next string, err error) {
	query, err := s.query(q)
	if err != nil {
		return nil, "", err
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		found = append(found, r.Data)
	}
	if len(found) == q.Limit {
		next = cursorOf(found[len(found)-1])
	}
	return found, next, nil
}

func (s *Store) query(q Query) (docs.Query[order.Order], error) {
	query := s.orders().Query().Limit(q.Limit)
	for _, by := range []struct{ field, value string }{
		{"customer", q.Customer}, {"shop", q.Shop}, {"courier", q.Courier}, {"zone", q.Zone}, {"state", string(q.State)},
	} {
		if by.value != "" {
			query = query.Where(by.field, "==", by.value)
		}
	}
	if q.Open && q.State == "" {
		query = query.Where("open", "==", true)
	}
	query = query.OrderBy("placedAt", docs.Desc).OrderBy("__name__", docs.Desc)
	if q.Cursor == "" {
		return query, nil
	}
	at, id, err := parseCursor(q.Cursor)
	return query.After(at, id), err
}

func cursorOf(o order.Order) string {
	return base64.RawURLEncoding.EncodeToString([]byte(o.PlacedAt.UTC().Format(time.RFC3339Nano) + " " + string(o.ID)))
}

func parseCursor(cursor string) (at time.Time, id string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return at, "", fmt.Errorf("%w: %.80q", ErrBadCursor, cursor)
	}
	stamp, id, _ := strings.Cut(string(text), " ")
	at, err = time.Parse(time.RFC3339Nano, stamp)
	if err != nil || id == "" || strings.Contains(id, "/") {
		return at, "", fmt.Errorf("%w: %.80q", ErrBadCursor, cursor)
	}
	return at, id, nil
}
