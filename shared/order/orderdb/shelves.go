package orderdb

import (
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

// Shelf returns a lookup of what orders have taken of an item.
func (s *Store) Shelf(shop, item string) *docs.Lookup[order.Shelf] {
	return s.shelves(shop).Lookup(catalog.DocID(item))
}

func (s *Store) shelves(shop string) docs.Collection[order.Shelf] {
	return docs.In[order.Shelf](s.db, "shops", shop, "stock")
}

func (s *Store) items(shop string) docs.Collection[stock] {
	return docs.In[stock](s.db, "shops", shop, "items")
}

// shelf is one shelf with its item while it is read, changed and written.
type shelf struct {
	item   *docs.Lookup[stock]
	stored *docs.Lookup[order.Shelf]
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
}

func (s *Store) gather(shop string) *shelves {
	return &shelves{store: s, shop: shop, of: make(map[string]*shelf)}
}

// add adds the shelves of an order's counted lines, which then have to be
// fetched.
func (g *shelves) add(lines []order.Line) {
	for _, line := range lines {
		if line.Counted && g.of[line.Item] == nil {
			g.of[line.Item] = &shelf{
				item:   g.store.items(g.shop).Lookup(catalog.DocID(line.Item)),
				stored: g.store.Shelf(g.shop, line.Item),
			}
		}
	}
}

func (g *shelves) fetchers() []docs.Fetcher {
	var all []docs.Fetcher
	for _, h := range g.of {
		all = append(all, h.item, h.stored)
	}
	return all
}

// fetched brings the shelves under the provider's present figures.
func (g *shelves) fetched() {
	for _, h := range g.of {
		h.now = h.stored.Data
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
	var all []docs.Write
	for _, h := range g.of {
		if h.now != h.before {
			all = append(all, g.store.shelves(g.shop).Replace(h.stored, h.now))
		}
	}
	return all
}
