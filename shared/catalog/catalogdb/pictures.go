package catalogdb

import (
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
// that it was asked for.
func (c *Comparison) Pictures() []docs.Write {
	marks := map[int]catalog.Manifest{}
	sources := map[string]bool{}
	for _, i := range c.items {
		bucket, id, mark := catalog.Bucket(i.ID), catalog.DocID(i.ID), addressMark(i.Image)
		if c.lookups[bucket].Data.Images[id] == mark || !onWeb(i.Image) {
			continue
		}
		if marks[bucket] == nil {
			marks[bucket] = catalog.Manifest{}
		}
		marks[bucket][id] = mark
		sources[i.Image] = true
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

func onWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

// addressMark tells one address from another. Two that have the same mark cost a
// picture that is not fetched, once in 2^63.
func addressMark(address string) int64 {
	h := fnv.New64a()
	h.Write([]byte(address))
	return int64(h.Sum64() >> 1)
}
