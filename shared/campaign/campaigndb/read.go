package campaigndb

import (
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

// Reading is what somebody who sells needs to know of a shop's campaigns: a few
// documents of known names, to be fetched in one round trip with everything else
// that is read. Its other methods are valid once [Reading.Fetchers] are fetched.
type Reading struct {
	store    *Store
	shop     string
	customer string

	promotions map[campaign.Kind]*docs.Lookup[campaign.Promotion]
	grants     map[campaign.Kind]*docs.Lookup[campaign.Grant]
	items      map[string]*docs.Lookup[campaign.Item]
}

// Read returns the reading for items of a shop, by the provider's ids, as they
// are sold to a customer; "" is nobody in particular.
func (s *Store) Read(shop, customer string, items []string) *Reading {
	r := &Reading{
		store: s, shop: shop, customer: customer,
		promotions: map[campaign.Kind]*docs.Lookup[campaign.Promotion]{},
		grants:     map[campaign.Kind]*docs.Lookup[campaign.Grant]{},
		items:      make(map[string]*docs.Lookup[campaign.Item], len(items)),
	}
	for _, k := range campaign.Kinds() {
		scope := k.Scope(shop)
		r.promotions[k] = s.promotions().Lookup(scope)
		if k.OfOrders() && customer != "" {
			r.grants[k] = s.grants(scope).Lookup(recordID(customer))
		}
	}
	for _, item := range items {
		r.items[item] = s.saleItems(campaign.FlashSale.Scope(shop)).Lookup(recordID(item))
	}
	return r
}

// Fetchers are what has to be fetched.
func (r *Reading) Fetchers() []docs.Fetcher { return append(r.Terms(), r.Lists()...) }

// Terms are the few of the fetchers that say which campaigns there are. Where
// [Reading.Listing] is false after that, nobody needs the rest.
func (r *Reading) Terms() []docs.Fetcher {
	var all []docs.Fetcher
	for _, l := range r.promotions {
		all = append(all, l)
	}
	for _, l := range r.grants {
		all = append(all, l)
	}
	return all
}

// Lists are the other fetchers, one for each item: which of them are in a sale.
func (r *Reading) Lists() []docs.Fetcher {
	var all []docs.Fetcher
	for _, l := range r.items {
		all = append(all, l)
	}
	return all
}

// Listing reports whether there is a campaign of listed items.
func (r *Reading) Listing() bool {
	sale := r.promotions[campaign.FlashSale]
	return sale != nil && sale.Exists
}

// Offers are those that are effective at a time. A customer whose uses are
// counted needs a name: for nobody in particular, such campaigns look unused.
func (r *Reading) Offers(now time.Time) campaign.Offers {
	o := campaign.Offers{Listed: map[string]bool{}, Left: map[campaign.ID]int{}}
	for _, k := range campaign.Kinds() {
		l := r.promotions[k]
		if !l.Exists || l.Data.Effective(now) != campaign.Active {
			continue
		}
		o.Promotions = append(o.Promotions, l.Data)
		if left, limited := l.Data.Terms.Left(r.grant(l.Data)); limited {
			o.Left[l.Data.Campaign] = left
		}
	}
	if sale := r.promotions[campaign.FlashSale]; sale.Exists {
		for item, l := range r.items {
			o.Listed[item] = l.Exists && l.Data.Mark == sale.Data.Mark()
		}
	}
	return o
}

// grant is the customer's of a promotion, or none.
func (r *Reading) grant(p campaign.Promotion) campaign.Grant {
	if l := r.grants[p.Kind]; l != nil && l.Exists {
		return valid(l.Data, p.Mark())
	}
	return campaign.Grant{}
}

// Redeem are the writes by which an order uses what was taken off it, to be
// committed with the order. Each counts once: the commit is refused where the
// order has used it, or the customer has used it elsewhere since the reading.
func (r *Reading) Redeem(order string, reductions []campaign.Reduction, now time.Time) []docs.Write {
	var writes []docs.Write
	for _, used := range reductions {
		l := r.promotions[used.Kind]
		if l == nil || l.Data.Campaign != used.Campaign {
			continue
		}
		p, scope := l.Data, used.Kind.Scope(r.shop)
		writes = append(writes, r.store.redemptions(scope).Create(recordID(order), campaign.Redemption{
			Mark: p.Mark(), Order: order, Customer: r.customer, Off: used.Off, At: now.UTC(),
		}))
		g, own := r.grant(p), r.grants[used.Kind]
		if _, limited := p.Terms.Left(g); limited && own != nil {
			g.Mark, g.Customer, g.Used = p.Mark(), r.customer, g.Used+1
			writes = append(writes, r.store.grants(scope).Replace(own, g))
		}
	}
	return writes
}
