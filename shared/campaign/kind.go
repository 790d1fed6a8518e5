package campaign

import (
	"slices"
	"time"
)

// Kind is a sort of campaign: an entry in the table of kinds.
type Kind string

// The kinds.
const (
	PercentOff   Kind = "percent_off"   // a share off the price of items
	FlashSale    Kind = "flash_sale"    // a share off listed items, for a few days at most
	AmountOff    Kind = "amount_off"    // an amount off an order
	FreeDelivery Kind = "free_delivery" // no delivery fee
)

// rules are what a kind is.
type rules struct {
	basisPoints bool          // takes Terms.BasisPoints
	amount      bool          // takes Terms.Amount
	order       bool          // is about orders, not items
	listed      bool          // is about the items that were added to it
	longest     time.Duration // zero is no bound
	requires    []requirement
}

// kinds is the table of kinds. A new one is an entry here, and its effect in
// offers.go if it is of a new sort.
var kinds = map[Kind]rules{
	PercentOff:   {basisPoints: true, requires: []requirement{profile, sellable}},
	FlashSale:    {basisPoints: true, listed: true, longest: 72 * time.Hour, requires: []requirement{profile, sellable, listing}},
	AmountOff:    {amount: true, order: true, requires: []requirement{profile, sellable, sameCurrency}},
	FreeDelivery: {order: true, requires: []requirement{profile, deliveryFee, sameCurrency}},
}

// Kinds are the names of all kinds.
func Kinds() []Kind {
	var ks []Kind
	for k := range kinds {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// Scope names what an open campaign of this kind holds in a shop: of one scope
// there is one.
func (k Kind) Scope(shop string) string { return shop + ":" + string(k) }

// Listed reports whether the kind is about items that are added to a campaign.
func (k Kind) Listed() bool { return kinds[k].listed }

// OfOrders reports whether the kind is about orders, and may be granted to
// customers.
func (k Kind) OfOrders() bool { return kinds[k].order }
