package catalogdb

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// Pictures are writes that ask for the pictures of the page that are new, or at
// another address than before: an event for each, in the same commit as the mark
// that it was asked for. An item that shows none any more loses its mark.
func (c *Comparison) Pictures() []docs.Write {
	marks := map[int]catalog.Manifest{}
	sources := map[string]bool{}
	for _, i := range c.items {
		bucket, id, mark := catalog.Bucket(i.ID), catalog.DocID(i.ID), addressMark(i.Image)
		if c.lookups[bucket].Data.Images[id] == mark {
			continue
		}
		if marks[bucket] == nil {
			marks[bucket] = catalog.Manifest{}
		}
		marks[bucket][id] = mark
		if mark != noPicture {
			sources[i.Image] = true
		}
	}
	var writes []docs.Write
	for bucket, images := range marks {
		leaves := make(map[string]any, len(images))
		for id, mark := range images {
			leaves[id] = mark
		}
		writes = append(writes, c.store.manifests(c.shop).Merge(strconv.Itoa(bucket), map[string]any{"images": leaves}))
	}
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		id := event.DeriveID("picture", c.shop, source)
		writes = append(writes, docs.Emit(&event.ItemPicture{Header: event.Header{ID: id}, Shop: c.shop, Source: source}))
	}
	return writes
}

// noPicture is the mark of an item that shows none, as of one that has no mark.
const noPicture int64 = 0

// addressMark tells one address from another. Two that have the same mark cost a
// picture that is not fetched, once in 2^63.
func addressMark(address string) int64 {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return noPicture
	}
	h := fnv.New64a()
	h.Write([]byte(address))
	return int64(h.Sum64() >> 1)
}

// unmarked are the marks of those of the items that have one, taken away: what
// comes back is asked for again.
func (m manifest) unmarked(ids []string) map[string]any {
	marks := map[string]any{}
	for _, id := range ids {
		if m.Images[id] != noPicture {
			marks[id] = noPicture
		}
	}
	return marks
}

// indexed is how much of a text Firestore's indexes tell apart, in bytes.
const indexed = 1500

// Shows reports whether a listed item of a shop has its picture at an address.
func (s *Store) Shows(ctx context.Context, shop, address string) (bool, error) {
	if len(address) > indexed {
		return true, nil
	}
	found, err := s.items(shop).Where("image", "==", address).Limit(1).All(ctx)
	if err != nil {
		return false, fmt.Errorf("items of shop %s that show a picture: %w", shop, err)
	}
	return len(found) > 0, nil
}
