package orderdb

import (
	"maps"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// stock is what orders know of an item.
type stock struct {
	Stock      int64 `firestore:"stock"`
	StockKnown bool  `firestore:"stockKnown"`
	Available  bool  `firestore:"available"`
}

func (s *Store) items(shop string) docs.Collection[stock] {
	return docs.In[stock](s.db, "shops", shop, "items")
}

// shelf is one shelf with its item while it is read, changed and written.
type shelf struct {
	item   *docs.Lookup[stock]
	docID  string
	before order.Shelf // under the provider's present figure
	now    order.Shelf
}

// hold takes so many; false if there are not as many. What is not counted any
// more never runs out, but is noted, since it will be put back.
func (h *shelf) hold(quantity int64) bool {
	item := h.item.Data
	if h.item.Exists && item.Available && !item.StockKnown {
		h.now.Held += quantity
		return true
	}
	next, ok := h.now.Hold(quantity)
	if ok = ok && item.Available; ok {
		h.now = next
	}
	return ok
}

func (h *shelf) left() int64 {
	if !h.item.Data.Available {
		return 0
	}
	return h.now.Left()
}

// shelves are those of one shop's items, by item.
type shelves struct {
	store *Store
	shop  string
	of    map[string]*shelf
	racks *Racks
}

func (s *Store) gather(shop string) *shelves {
	return &shelves{store: s, shop: shop, of: make(map[string]*shelf), racks: s.Racks(shop)}
}

// add adds the shelves of an order's counted lines, which then have to be
// fetched.
func (g *shelves) add(lines []order.Line) {
	for _, line := range lines {
		if line.Counted && g.of[line.Item] == nil {
			id := catalog.DocID(line.Item)
			g.of[line.Item] = &shelf{item: g.store.items(g.shop).Lookup(id), docID: id}
			g.racks.add(id)
		}
	}
}

func (g *shelves) fetchers() []docs.Fetcher {
	all := g.racks.Fetchers()
	for _, h := range g.of {
		all = append(all, h.item)
	}
	return all
}

// fetched brings the shelves under the provider's present figures.
func (g *shelves) fetched() {
	for _, h := range g.of {
		h.now = g.racks.shelf(h.docID)
		if h.item.Data.StockKnown {
			h.now = h.now.At(h.item.Data.Stock)
		}
		h.before = h.now
	}
}

// hold takes what an order needs, or nothing of it.
func (g *shelves) hold(lines []order.Line) error {
	var held []order.Line
	var short []order.Shortage
	for _, line := range lines {
		if !line.Counted {
			continue
		}
		if h := g.of[line.Item]; h.hold(line.Quantity) {
			held = append(held, line)
		} else {
			short = append(short, order.Shortage{Item: line.Item, Wanted: line.Quantity, Left: h.left()})
		}
	}
	if short == nil {
		return nil
	}
	g.change(held, order.Shelf.Release)
	return &order.ShortError{Shortages: short}
}

// change does f for every counted line.
func (g *shelves) change(lines []order.Line, f func(s order.Shelf, quantity int64) order.Shelf) {
	for _, line := range lines {
		if line.Counted {
			h := g.of[line.Item]
			h.now = f(h.now, line.Quantity)
		}
	}
}

// writes are what stores the changes, if nobody else changed the same.
func (g *shelves) writes() []docs.Write {
	changed := make(map[string]rack)
	for _, h := range g.of {
		if h.now == h.before {
			continue
		}
		id := rackOf(h.docID)
		r, ok := changed[id]
		if !ok {
			r.Shelves = maps.Clone(g.racks.of[id].Data.Shelves)
			if r.Shelves == nil {
				r.Shelves = make(map[string]order.Shelf)
			}
			changed[id] = r
		}
		if r.Shelves[h.docID] = h.now; h.now.Held == 0 && h.now.Sold == 0 {
			delete(r.Shelves, h.docID)
		}
	}
	var all []docs.Write
	for id, r := range changed {
		all = append(all, g.store.racks(g.shop).Replace(g.racks.of[id], r))
	}
	return all
}
