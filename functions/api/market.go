package api

import (
	"context"
	"sync"
	"time"

	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/cart"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// Market reads all that a price depends on.
type Market struct {
	DB        *docs.DB
	Shops     *shopdb.Store
	Catalogs  *catalogdb.Store
	Orders    *orderdb.Store
	Campaigns *campaigndb.Store

	zones memory[string] // in which zone a shop is
	sales memory[bool]   // whether a shop has a sale of listed items
}

// stall is what was read of a shop.
type stall struct {
	shop      *docs.Lookup[shop.Shop]
	zone      *docs.Lookup[shop.Zone]
	items     map[string]*docs.Lookup[catalog.Item]
	racks     *orderdb.Racks
	campaigns *campaigndb.Reading
}

// read reads a shop, its zone, its campaigns, some of its items with what orders
// have taken of them, and whatever else, in one round trip, however many items
// there are. Only a shop that has been moved to another zone or has begun a sale,
// or that this process does not know, costs more.
func (m *Market) read(ctx context.Context, shopID, customer string, items []string, more ...docs.Fetcher) (*stall, error) {
	s := &stall{
		shop:      m.Shops.LookupShop(shopID),
		items:     make(map[string]*docs.Lookup[catalog.Item], len(items)),
		racks:     m.Orders.Racks(shopID, items...),
		campaigns: m.Campaigns.Read(shopID, customer, items),
	}
	all := append(append(more, s.shop), s.racks.Fetchers()...)
	for _, id := range items {
		if s.items[id] == nil {
			s.items[id] = m.Catalogs.Lookup(shopID, id)
			all = append(all, s.items[id])
		}
	}
	known := m.zones.of(shopID)
	if known != "" {
		s.zone = m.Shops.LookupZone(known)
		all = append(all, s.zone)
	}
	if err := m.fetch(ctx, shopID, s.campaigns, all...); err != nil || !s.shop.Exists || s.shop.Data.Zone == known {
		return s, err
	}
	s.zone = m.Shops.LookupZone(s.shop.Data.Zone)
	m.zones.note(shopID, s.shop.Data.Zone)
	return s, m.DB.Fetch(ctx, s.zone)
}

// fetch reads a shop's campaigns with whatever else. Which items are in a sale is
// only read where there is one.
func (m *Market) fetch(ctx context.Context, shopID string, c *campaigndb.Reading, more ...docs.Fetcher) error {
	sale := m.sales.of(shopID)
	all := append(more, c.Terms()...)
	if sale {
		all = append(all, c.Lists()...)
	}
	if err := m.DB.Fetch(ctx, all...); err != nil || c.Listing() == sale {
		return err
	}
	m.sales.note(shopID, c.Listing())
	if sale {
		return nil // it is over
	}
	return m.DB.Fetch(ctx, c.Lists()...)
}

// facts are what the rules of carts need.
func (s *stall) facts(now time.Time) cart.Facts {
	f := cart.Facts{Items: make(map[string]cart.Goods, len(s.items)), Offers: s.campaigns.Offers(now), Now: now}
	if s.shop.Exists {
		f.Shop, f.Zone = s.shop.Data, s.zone.Data
	}
	for id, l := range s.items {
		if l.Exists {
			f.Items[id] = cart.Goods{Item: l.Data, Left: left(l.Data, s.racks.Shelf(id))}
		}
	}
	return f
}

// left is how many of an item can be ordered, where its stock is known.
func left(i catalog.Item, s order.Shelf) int64 {
	if !i.StockKnown {
		return 0
	}
	return s.At(i.Stock).Left()
}

// memory is what this process last read of shops, by which it reads at once what
// otherwise takes two steps. It may be out of date: who uses it compares.
type memory[V any] struct {
	mu    sync.Mutex
	known map[string]V // guarded by mu
}

// maxKnown bounds the memory; beyond, it starts anew.
const maxKnown = 50_000

func (m *memory[V]) of(shopID string) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[shopID]
}

func (m *memory[V]) note(shopID string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxKnown {
		m.known = make(map[string]V)
	}
	m.known[shopID] = v
}
