package trackredis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/shared/track"
)

// Piece is a part of the trail that a courier left on an order's way.
type Piece struct {
	Order   track.OrderID
	Courier track.CourierID
	Trail   track.Trail
}

// encode returns p without its order: the courier, a zero byte, the packed trail.
func (p Piece) encode() []byte {
	return append(append([]byte(p.Courier), 0), p.Trail.Pack()...)
}

func decodePiece(order track.OrderID, text string) (Piece, error) {
	courier, packed, _ := strings.Cut(text, "\x00")
	trail, err := track.UnpackTrail([]byte(packed))
	if err != nil {
		return Piece{}, fmt.Errorf("piece of order %s: %w", order, err)
	}
	return Piece{order, track.CourierID(courier), trail}, nil
}

// way is what the pieces that belong together have in common.
type way struct {
	order   track.OrderID
	courier track.CourierID
}

// piecesOf returns the pieces of trails that fixes make.
func piecesOf(fixes []track.Fix) []Piece {
	var ways map[way][]track.Fix
	for _, f := range fixes {
		if f.Order == "" {
			continue
		}
		if ways == nil {
			ways = make(map[way][]track.Fix)
		}
		w := way{f.Order, f.Courier}
		ways[w] = append(ways[w], f)
	}
	pieces := make([]Piece, 0, len(ways))
	for w, fs := range ways {
		pieces = append(pieces, Piece{w.order, w.courier, track.TrailOf(fs...)})
	}
	return pieces
}

// join returns one piece for all of an order and a courier, sorted by both.
func join(pieces []Piece) []Piece {
	trails := make(map[way]track.Trail)
	for _, p := range pieces {
		w := way{p.Order, p.Courier}
		trails[w] = append(trails[w], p.Trail...)
	}
	joined := make([]Piece, 0, len(trails))
	for w, t := range trails {
		joined = append(joined, Piece{w.order, w.courier, t.Merge(nil)})
	}
	slices.SortFunc(joined, func(a, b Piece) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Courier, b.Courier))
	})
	return joined
}

// Pending returns the pieces of an order's trail that have not been drained. For
// as long as a drain is under way, its pieces are in neither place.
func (s *Store) Pending(ctx context.Context, order track.OrderID) ([]Piece, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	texts, err := s.redis.LRange(ctx, prefixTrail+string(order), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("pending trail of order %s: %w", order, err)
	}
	pieces := make([]Piece, len(texts))
	for i, text := range texts {
		if pieces[i], err = decodePiece(order, text); err != nil {
			return nil, err
		}
	}
	return join(pieces), nil
}
