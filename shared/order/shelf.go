package order

import (
	"fmt"
	"strings"
)

// Shelf is what orders have taken of one item whose stock the shop's provider
// counts. It stands beside the item, which syncs overwrite.
//
// What is left is the provider's figure, less what orders hold that are still in
// the shop, less what couriers have fetched since the provider gave that figure.
// A new figure starts the latter anew: whoever counts a shelf counts what has
// not been fetched, and what is on order is still there.
type Shelf struct {
	Figure int64 `firestore:"figure"` // the provider's, when Sold began
	Held   int64 `firestore:"held"`   // on order, not yet fetched
	Sold   int64 `firestore:"sold"`   // fetched since
}

// At returns s under the provider's present figure.
func (s Shelf) At(figure int64) Shelf {
	if s.Figure != figure {
		s.Figure, s.Sold = figure, 0
	}
	return s
}

// Left returns how many can be ordered.
func (s Shelf) Left() int64 { return max(0, s.Figure-s.Held-s.Sold) }

// Hold returns s with so many more on order; false if there are not as many.
func (s Shelf) Hold(quantity int64) (Shelf, bool) {
	if quantity > s.Left() {
		return s, false
	}
	s.Held += quantity
	return s, true
}

// Release returns s with so many put back.
func (s Shelf) Release(quantity int64) Shelf {
	s.Held = max(0, s.Held-quantity)
	return s
}

// Fetch returns s with so many taken away by a courier.
func (s Shelf) Fetch(quantity int64) Shelf {
	s = s.Release(quantity)
	s.Sold += quantity
	return s
}

// StockChange returns what the change of an order from one state to another does
// to the shelves of its counted lines; nil for nothing.
func StockChange(from, to State) func(s Shelf, quantity int64) Shelf {
	switch {
	case !from.InShop() || to.InShop():
		return nil
	case to == PickedUp:
		return Shelf.Fetch
	default:
		return Shelf.Release
	}
}

// Shortage is a line of which there is not enough.
type Shortage struct {
	Item   string `json:"item"`
	Wanted int64  `json:"wanted"`
	Left   int64  `json:"left"`
}

// ShortError says of which lines there is not enough; all others could be had.
type ShortError struct{ Shortages []Shortage }

func (e *ShortError) Error() string {
	parts := make([]string, len(e.Shortages))
	for i, s := range e.Shortages {
		parts[i] = fmt.Sprintf("%d of %s, of which %d are left", s.Wanted, s.Item, s.Left)
	}
	return "not enough in stock: wanted " + strings.Join(parts, ", ")
}

// Unwrap makes errors.Is(err, ErrShort) true.
func (e *ShortError) Unwrap() error { return ErrShort }
