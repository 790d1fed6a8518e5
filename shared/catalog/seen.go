package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Sighting is what one page of a sync saw.
type Sighting struct {
	At       time.Time // when the provider was asked, to the second
	DocIDs   []string  // [Page.Seen]
	Nameless int       // [Page.Nameless]
}

// sightingVersion is the first byte of a packed sighting.
const sightingVersion = 1

// Pack returns s in the form that is kept with the page's outcome: eight bytes
// an item.
func (s Sighting) Pack() []byte {
	packed := make([]byte, 0, 16+8*len(s.DocIDs))
	packed = append(packed, sightingVersion)
	packed = binary.AppendVarint(packed, s.At.Unix())
	packed = binary.AppendUvarint(packed, uint64(s.Nameless))
	for _, id := range s.DocIDs {
		packed = binary.BigEndian.AppendUint64(packed, short(id))
	}
	return packed
}

// short stands for a document id. That two ids of a million share one has a
// chance of one in ten million; the absent one of them would then stay
// available until the other one goes too.
func short(docID string) uint64 {
	sum := sha256.Sum256([]byte(docID))
	return binary.BigEndian.Uint64(sum[:])
}

// Seen is what all pages of a sync saw, in some ten bytes an item. Its zero
// value is empty.
type Seen struct {
	Oldest   time.Time // when the first of the pages was asked for
	Nameless int

	ids map[uint64]struct{}
}

var errSighting = errors.New("not a packed sighting")

// Add adds what one page saw, as [Sighting.Pack] returned it.
func (s *Seen) Add(packed []byte) error {
	if len(packed) == 0 || packed[0] != sightingVersion {
		return fmt.Errorf("%w: %d bytes", errSighting, len(packed))
	}
	at, n := binary.Varint(packed[1:])
	nameless, m := binary.Uvarint(packed[1+max(n, 0):])
	ids := packed[1+max(n, 0)+max(m, 0):]
	if n <= 0 || m <= 0 || len(ids)%8 != 0 {
		return fmt.Errorf("%w: %d bytes", errSighting, len(packed))
	}
	if t := time.Unix(at, 0).UTC(); s.Oldest.IsZero() || t.Before(s.Oldest) {
		s.Oldest = t
	}
	s.Nameless += int(nameless)
	if s.ids == nil {
		s.ids = map[uint64]struct{}{}
	}
	for ; len(ids) > 0; ids = ids[8:] {
		s.ids[binary.BigEndian.Uint64(ids)] = struct{}{}
	}
	return nil
}

// Among returns the items of m that were seen, for [Manifests.Missing].
func (s *Seen) Among(m Manifests) map[string]bool {
	seen := map[string]bool{}
	for _, manifest := range m {
		for id := range manifest {
			if _, ok := s.ids[short(id)]; ok {
				seen[id] = true
			}
		}
	}
	return seen
}
