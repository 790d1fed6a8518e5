package docs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/firestore"
)

// Place is a document's in a list that is sorted by a time. Several may have the
// same time: their ids decide. The zero Place is before all.
type Place struct {
	At time.Time
	ID string
}

// ErrBadPlace is returned for a text that no [Place.String] is.
var ErrBadPlace = errors.New("no place in a list")

// String is p as callers get it, to ask for what follows.
func (p Place) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.At.UTC().Format(time.RFC3339Nano) + " " + p.ID))
}

// ParsePlace is the inverse of [Place.String]; an empty text is the zero Place.
func ParsePlace(text string) (Place, error) {
	if text == "" {
		return Place{}, nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	stamp, id, _ := strings.Cut(string(decoded), " ")
	at, unreadable := time.Parse(time.RFC3339Nano, stamp)
	if err != nil || unreadable != nil || id == "" || strings.Contains(id, "/") {
		return Place{}, fmt.Errorf("%w: %.80q", ErrBadPlace, text)
	}
	return Place{At: at, ID: id}, nil
}

// Beyond sorts by a field that holds a time, and then by id, and skips everything
// up to a place.
func (q Query[T]) Beyond(p Place, field string, d firestore.Direction) Query[T] {
	q = q.OrderBy(field, d).OrderBy("__name__", d)
	if p.ID == "" {
		return q
	}
	return q.After(p.At, p.ID)
}
