package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Item is one thing that a shop sells.
type Item struct {
	ID          string    `json:"id" firestore:"id"` // the provider's
	Name        string    `json:"name" firestore:"name"`
	Description string    `json:"description,omitempty" firestore:"description,omitempty"`
	Category    string    `json:"category,omitempty" firestore:"category,omitempty"`
	Image       string    `json:"image,omitempty" firestore:"image,omitempty"`
	Price       Money     `json:"price" firestore:"price"`
	Stock       int64     `json:"stock" firestore:"stock"`
	StockKnown  bool      `json:"stockKnown" firestore:"stockKnown"`
	Available   bool      `json:"available" firestore:"available"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero" firestore:"updatedAt,omitempty"` // by the provider's clock
}

// Normalise returns i in the one form that is stored and hashed: valid UTF-8,
// no control characters, runs of spaces collapsed, upper case currency, UTC.
func (i Item) Normalise() Item {
	i.ID = tidy(i.ID)
	i.Name = tidy(i.Name)
	i.Description = tidy(i.Description)
	i.Category = tidy(i.Category)
	i.Image = tidy(i.Image)
	i.Price.Currency = strings.ToUpper(tidy(i.Price.Currency))
	if !i.StockKnown {
		i.Stock = 0
	}
	i.UpdatedAt = i.UpdatedAt.UTC()
	return i
}

// tidy leaves plain text alone without allocating: nearly all of it is.
func tidy(s string) string {
	if isTidy(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

func isTidy(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		b := s[i]
		if b < ' ' || b >= utf8.RuneSelf-1 || (b == ' ' && last == ' ') {
			return false
		}
		last = b
	}
	return s == "" || last != ' '
}

// hashVersion changes when the hashed form does: every item is then written
// once more.
const hashVersion = 1

// Hash identifies the content of a normalised item: its mapped fields, but
// not UpdatedAt, which providers touch without a change. It is the first
// eight bytes, without the top bit, of the SHA-256 of the version and the
// length-prefixed fields. It is stable for ever and never zero.
func (i Item) Hash() int64 {
	buf := make([]byte, 0, 1024)
	buf = append(buf, hashVersion)
	for _, text := range [...]string{i.ID, i.Name, i.Description, i.Category, i.Image, i.Price.Currency} {
		buf = binary.AppendUvarint(buf, uint64(len(text)))
		buf = append(buf, text...)
	}
	buf = binary.AppendVarint(buf, i.Price.Amount)
	buf = binary.AppendVarint(buf, i.Stock)
	buf = append(buf, bit(i.StockKnown)|bit(i.Available)<<1)
	sum := sha256.Sum256(buf)
	return max(1, int64(binary.BigEndian.Uint64(sum[:8])>>1))
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// bounds on what one item may hold, in bytes: a document must stay small.
const (
	maxID   = 500
	maxText = 1000
	maxLong = 50_000
)

// fault returns the field of i that cannot be stored, and why.
func (i Item) fault() (field, problem string) {
	switch {
	case i.ID == "":
		return "id", "is empty"
	case i.Name == "":
		return "name", "is empty"
	case i.Price.Amount < 0:
		return "price", "is negative"
	case !currency.MatchString(i.Price.Currency):
		return "currency", fmt.Sprintf("is %q, not an ISO 4217 code", clip(i.Price.Currency))
	}
	for _, f := range [...]struct {
		name, text string
		max        int
	}{{"id", i.ID, maxID}, {"name", i.Name, maxText}, {"description", i.Description, maxLong}, {"category", i.Category, maxText}, {"image", i.Image, 2 * maxText}} {
		if len(f.text) > f.max {
			return f.name, fmt.Sprintf("has %d bytes, more than %d", len(f.text), f.max)
		}
	}
	return "", ""
}
