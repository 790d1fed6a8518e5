package trackredis

import (
	"context"
	"fmt"
	"strings"

	"lastmile/shared/track"
)

// encode returns p without its order: the courier, a zero byte, the packed trail.
func encode(p track.Piece) []byte {
	return append(append([]byte(p.Courier), 0), p.Trail.Pack()...)
}

func decode(order track.OrderID, text string) (track.Piece, error) {
	courier, packed, _ := strings.Cut(text, "\x00")
	trail, err := track.UnpackTrail([]byte(packed))
	if err != nil {
		return track.Piece{}, fmt.Errorf("piece of order %s: %w", order, err)
	}
	return track.Piece{Order: order, Courier: track.CourierID(courier), Trail: trail}, nil
}

// Pending returns the pieces of an order's trail that have not been drained. For
// as long as a drain is under way, its pieces are in neither place.
func (s *Store) Pending(ctx context.Context, order track.OrderID) ([]track.Piece, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	texts, err := s.redis.LRange(ctx, prefixTrail+string(order), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("pending trail of order %s: %w", order, err)
	}
	pieces := make([]track.Piece, len(texts))
	for i, text := range texts {
		if pieces[i], err = decode(order, text); err != nil {
			return nil, err
		}
	}
	return track.Join(pieces...), nil
}
