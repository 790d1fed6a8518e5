package orderdb

import (
	"hash/fnv"
	"strconv"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// rackCount is how many documents hold the shelves of a shop. A cart of two
// hundred items reads no more than these; orders of different items rarely meet
// in one; and together they hold some hundred thousand items of which any is on
// order or was sold since its provider last counted.
const rackCount = 16

// rack is one of them. A shelf of which nothing is taken is in none.
type rack struct {
	Shelves map[string]order.Shelf `firestore:"shelves"` // by the item's document
}

func rackOf(docID string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(docID))
	return strconv.Itoa(int(h.Sum32() % rackCount))
}

func (s *Store) racks(shop string) docs.Collection[rack] {
	return docs.In[rack](s.db, "shops", shop, "stock")
}

// Racks are what orders have taken of some items of a shop, for those who read it
// with other documents. [Racks.Shelf] is valid once [Racks.Fetchers] are fetched.
type Racks struct {
	all docs.Collection[rack]
	of  map[string]*docs.Lookup[rack]
}

// Racks returns those of items, by the provider's ids.
func (s *Store) Racks(shop string, items ...string) *Racks {
	r := &Racks{all: s.racks(shop), of: make(map[string]*docs.Lookup[rack], min(len(items), rackCount))}
	for _, item := range items {
		r.add(catalog.DocID(item))
	}
	return r
}

func (r *Racks) add(docID string) {
	if id := rackOf(docID); r.of[id] == nil {
		r.of[id] = r.all.Lookup(id)
	}
}

// Fetchers are what has to be fetched.
func (r *Racks) Fetchers() []docs.Fetcher {
	all := make([]docs.Fetcher, 0, len(r.of))
	for _, l := range r.of {
		all = append(all, l)
	}
	return all
}

// Shelf is what orders have taken of an item.
func (r *Racks) Shelf(item string) order.Shelf { return r.shelf(catalog.DocID(item)) }

func (r *Racks) shelf(docID string) order.Shelf { return r.of[rackOf(docID)].Data.Shelves[docID] }
