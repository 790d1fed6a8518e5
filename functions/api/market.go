package api

import (
	"context"
	"sync"
	"time"

	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/cart"
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

	zones zones
}

// stall is what was read of a shop.
type stall struct {
	shop      *docs.Lookup[shop.Shop]
	zone      *docs.Lookup[shop.Zone]
	items     map[string]*docs.Lookup[catalogdb.Item]
	shelves   map[string]*docs.Lookup[order.Shelf]
	campaigns *campaigndb.Reading
}

// read reads a shop, its zone, its campaigns, some of its items with what orders
// have taken of them, and whatever else, in one round trip, however many items
// there are. Only a shop that has been moved to another zone, or that this
// process does not know, costs one more.
func (m *Market) read(ctx context.Context, shopID, customer string, items []string, more ...docs.Fetcher) (*stall, error) {
	s := &stall{
		shop:      m.Shops.LookupShop(shopID),
		items:     make(map[string]*docs.Lookup[catalogdb.Item], len(items)),
		shelves:   make(map[string]*docs.Lookup[order.Shelf], len(items)),
		campaigns: m.Campaigns.Read(shopID, customer, items),
	}
	all := append(append(more, s.shop), s.campaigns.Fetchers()...)
	for _, id := range items {
		if s.items[id] == nil {
			s.items[id], s.shelves[id] = m.Catalogs.Lookup(shopID, id), m.Orders.Shelf(shopID, id)
			all = append(all, s.items[id], s.shelves[id])
		}
	}
	known := m.zones.of(shopID)
	if known != "" {
		s.zone = m.Shops.LookupZone(known)
		all = append(all, s.zone)
	}
	if err := m.DB.Fetch(ctx, all...); err != nil || !s.shop.Exists || s.shop.Data.Zone == known {
		return s, err
	}
	s.zone = m.Shops.LookupZone(s.shop.Data.Zone)
	m.zones.note(shopID, s.shop.Data.Zone)
	return s, m.DB.Fetch(ctx, s.zone)
}

// facts are what the rules of carts need.
func (s *stall) facts(now time.Time) cart.Facts {
	f := cart.Facts{Items: make(map[string]cart.Goods, len(s.items)), Offers: s.campaigns.Offers(now), Now: now}
	if s.shop.Exists {
		f.Shop, f.Zone = s.shop.Data, s.zone.Data
	}
	for id, l := range s.items {
		if l.Exists {
			f.Items[id] = cart.Goods{Item: l.Data.Item, Left: left(l.Data, s.shelves[id].Data)}
		}
	}
	return f
}

// left is how many of an item can be ordered, where its stock is known.
func left(i catalogdb.Item, s order.Shelf) int64 {
	if !i.StockKnown {
		return 0
	}
	return s.At(i.Stock).Left()
}

// zones remembers in which zone a shop is, so that both can be read at once. It
// may be out of date: who uses it compares.
type zones struct {
	mu    sync.Mutex
	known map[string]string // guarded by mu
}

// maxZones bounds the memory; beyond, it starts anew.
const maxZones = 50_000

func (z *zones) of(shopID string) string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.known[shopID]
}

func (z *zones) note(shopID, zone string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.known == nil || len(z.known) >= maxZones {
		z.known = make(map[string]string)
	}
	z.known[shopID] = zone
}
