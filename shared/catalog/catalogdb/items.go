package catalogdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
)

// Item is an item as it is stored.
type Item struct {
	catalog.Item

	// Delisted is when the provider was found to list it no longer; zero while it
	// does.
	Delisted time.Time `firestore:"delisted,omitempty" json:"delisted,omitzero"`

	// Terms are what it is found by.
	Terms []string `firestore:"terms" json:"-"`
}

func (s *Store) items(shop string) docs.Collection[Item] {
	return docs.In[Item](s.db, "shops", shop, "items")
}

// manifest is the document of one bucket.
type manifest struct {
	Entries catalog.Manifest `firestore:"entries"`

	// Images tells at which address each item had the picture that was asked for.
	Images catalog.Manifest `firestore:"images"`

	// Completed is the last sync whose completion is through with this bucket.
	Completed string `firestore:"completed"`
}

func (s *Store) manifests(shop string) docs.Collection[manifest] {
	return docs.In[manifest](s.db, "catalogs", shop, "manifests")
}

// Comparison is a page's items beside what is stored of them. The lookups that
// [Comparison.Fetchers] returns have to be fetched first.
type Comparison struct {
	store   *Store
	shop    string
	items   []catalog.Item
	lookups map[int]*docs.Lookup[manifest]
}

// Compare returns the comparison of items of a shop.
func (s *Store) Compare(shop string, items []catalog.Item) *Comparison {
	c := &Comparison{store: s, shop: shop, items: items, lookups: map[int]*docs.Lookup[manifest]{}}
	for _, b := range catalog.BucketsOf(items) {
		c.lookups[b] = s.manifests(shop).Lookup(strconv.Itoa(b))
	}
	return c
}

// Fetchers are what has to be fetched, in one round trip.
func (c *Comparison) Fetchers() []docs.Fetcher {
	all := make([]docs.Fetcher, 0, len(c.lookups))
	for _, l := range c.lookups {
		all = append(all, l)
	}
	return all
}

// Writes are what makes the stored items those of the page: what differs, and
// nothing else.
func (c *Comparison) Writes() (writes []docs.Write, changed, unchanged int) {
	stored := catalog.Manifests{}
	for b, l := range c.lookups {
		stored[b] = l.Data.Entries
	}
	diff := stored.Diff(c.items)
	for _, i := range diff.Items {
		writes = append(writes, c.store.items(c.shop).Set(catalog.DocID(i.ID), Item{Item: i, Terms: catalog.Terms(i.Name)}))
	}
	for b, entries := range diff.Entries {
		writes = append(writes, c.store.manifests(c.shop).Merge(strconv.Itoa(b), merged(entries)))
	}
	return writes, len(diff.Items), diff.Unchanged
}

// merged is the form in which entries are merged: concurrent pages never write
// over each other's.
func merged(entries catalog.Manifest) map[string]any {
	leaves := make(map[string]any, len(entries))
	for id, hash := range entries {
		leaves[id] = hash
	}
	return map[string]any{"entries": leaves}
}

// Item returns an item by the provider's id, or [ErrNoItem].
func (s *Store) Item(ctx context.Context, shop, id string) (Item, error) {
	i, err := s.items(shop).Get(ctx, catalog.DocID(id))
	if errors.Is(err, docs.ErrNotFound) {
		return i, fmt.Errorf("%w: %s of shop %s", ErrNoItem, id, shop)
	}
	return i, err
}

// Lookup returns a lookup of an item by the provider's id, for those who read it
// with other documents, and do not ask how it is found.
func (s *Store) Lookup(shop, id string) *docs.Lookup[catalog.Item] {
	return docs.In[catalog.Item](s.db, "shops", shop, "items").Lookup(catalog.DocID(id))
}
