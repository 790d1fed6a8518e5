package campaigndb

import (
	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

// Uses are what an order may have used of a shop's campaigns, to be given back
// where the customer does not get it. [Uses.GiveBack] is valid once
// [Uses.Fetchers] are fetched.
type Uses struct {
	all []use
}

type use struct {
	redemptions docs.Collection[campaign.Redemption]
	redemption  *docs.Lookup[campaign.Redemption]
	grants      docs.Collection[campaign.Grant]
	grant       *docs.Lookup[campaign.Grant]
}

// Uses returns those of a customer's order in a shop.
func (s *Store) Uses(shop, customer, order string) *Uses {
	u := &Uses{}
	for _, k := range campaign.Kinds() {
		if !k.OfOrders() {
			continue
		}
		redeemed, granted := s.redemptions(k.Scope(shop)), s.grants(k.Scope(shop))
		u.all = append(u.all, use{redeemed, redeemed.Lookup(recordID(order)), granted, granted.Lookup(recordID(customer))})
	}
	return u
}

// Fetchers are what has to be fetched.
func (u *Uses) Fetchers() []docs.Fetcher {
	var all []docs.Fetcher
	for _, one := range u.all {
		all = append(all, one.redemption, one.grant)
	}
	return all
}

// GiveBack are the writes by which the customer may use again what the order used,
// to be committed with the order's end. The commit is refused with
// [docs.ErrConflict] or [docs.ErrNotFound] where that has changed since.
func (u *Uses) GiveBack() []docs.Write {
	var writes []docs.Write
	for _, one := range u.all {
		if !one.redemption.Exists {
			continue
		}
		writes = append(writes, one.redemptions.Delete(one.redemption.ID))
		if g := one.grant.Data; g.Used > 0 && g.Mark == one.redemption.Data.Mark {
			g.Used--
			writes = append(writes, one.grants.Replace(one.grant, g))
		}
	}
	return writes
}
