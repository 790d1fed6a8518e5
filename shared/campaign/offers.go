package campaign

import "slices"

// Offers are what of a shop's campaigns is effective at one time, for some items
// and one customer.
type Offers struct {
	// Promotions are the effective ones, at most one of each kind.
	Promotions []Promotion

	// Listed are the items, of those that were asked for, on the flash sale.
	Listed map[string]bool

	// Left is how often the customer may use a campaign; one that is not here has
	// no bound.
	Left map[ID]int
}

// Priced is an item as its price is found.
type Priced struct {
	Item     string
	Category string
	Amount   int64 // in minor units
}

// Reduction is what a campaign takes off.
type Reduction struct {
	Campaign ID    `json:"campaign"`
	Kind     Kind  `json:"kind"`
	Off      int64 `json:"off"` // in minor units
}

// Price is what an item costs now, and what made it cheaper; the zero Reduction
// is nothing. Reductions do not add up: the best one counts.
func (o Offers) Price(i Priced) (int64, Reduction) {
	var best Reduction
	for _, p := range o.Promotions {
		if off := share(i.Amount, p.Terms.BasisPoints); o.covers(p, i) && off > best.Off {
			best = Reduction{Campaign: p.Campaign, Kind: p.Kind, Off: off}
		}
	}
	return i.Amount - best.Off, best
}

func (o Offers) covers(p Promotion, i Priced) bool {
	switch p.Kind {
	case PercentOff:
		return len(p.Terms.Categories) == 0 || slices.Contains(p.Terms.Categories, i.Category)
	case FlashSale:
		return o.Listed[i.Item]
	}
	return false
}

// share is some basis points of an amount, rounded down, without overflow.
func share(amount, basisPoints int64) int64 {
	const whole = 10_000
	return amount/whole*basisPoints + amount%whole*basisPoints/whole
}

// Order is what is taken off an order whose items cost subtotal now and whose
// delivery costs fee, both in the currency's minor unit. It never takes more than
// there is. The customer's use of each is to be redeemed with the order.
func (o Offers) Order(subtotal, fee int64, currency string) []Reduction {
	var all []Reduction
	for _, p := range o.Promotions {
		var most int64
		switch p.Kind {
		case AmountOff:
			most = min(p.Terms.Amount, subtotal)
		case FreeDelivery:
			most = fee
		}
		left, limited := o.Left[p.Campaign]
		spent := limited && left == 0
		foreign := p.Terms.Currency != "" && p.Terms.Currency != currency
		if most > 0 && !spent && !foreign && subtotal >= p.Terms.MinOrder {
			all = append(all, Reduction{Campaign: p.Campaign, Kind: p.Kind, Off: most})
		}
	}
	return all
}
