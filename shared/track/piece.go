package track

import (
	"cmp"
	"slices"
)

// Piece is a part of the way that a courier went with an order.
type Piece struct {
	Order   OrderID
	Courier CourierID
	Trail   Trail
}

// Check refuses a piece that is nobody's. Its error is a [*Refusal].
func (p Piece) Check() error {
	if !named(string(p.Order)) || !named(string(p.Courier)) {
		return &Refusal{BadName, "ids are 1 to 64 letters, digits and _.:-, the first a letter or digit"}
	}
	return nil
}

// way is what pieces that belong together have in common.
type way struct {
	order   OrderID
	courier CourierID
}

// Pieces returns the pieces that fixes make, one for each order and courier.
func Pieces(fixes ...Fix) []Piece {
	var ways map[way][]Fix
	for _, f := range fixes {
		if f.Order == "" {
			continue
		}
		if ways == nil {
			ways = make(map[way][]Fix)
		}
		w := way{f.Order, f.Courier}
		ways[w] = append(ways[w], f)
	}
	pieces := make([]Piece, 0, len(ways))
	for w, fs := range ways {
		pieces = append(pieces, Piece{w.order, w.courier, TrailOf(fs...)})
	}
	return sorted(pieces)
}

// Join returns pieces with those of the same order and courier made one.
func Join(pieces ...Piece) []Piece {
	trails := make(map[way]Trail)
	for _, p := range pieces {
		w := way{p.Order, p.Courier}
		trails[w] = append(trails[w], p.Trail...)
	}
	joined := make([]Piece, 0, len(trails))
	for w, t := range trails {
		joined = append(joined, Piece{w.order, w.courier, t.tidy()})
	}
	return sorted(joined)
}

func sorted(pieces []Piece) []Piece {
	slices.SortFunc(pieces, func(a, b Piece) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Courier, b.Courier))
	})
	return pieces
}
