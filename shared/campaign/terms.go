package campaign

import (
	"fmt"
	"regexp"
)

// Terms are what a campaign gives. Amounts are in the currency's minor unit.
type Terms struct {
	// BasisPoints is the share that is taken off a price: 1500 is 15%.
	BasisPoints int64 `firestore:"basisPoints" json:"basisPoints,omitempty" doc:"share off a price: 1500 is 15%"`

	// Amount is what is taken off an order.
	Amount int64 `firestore:"amount" json:"amount,omitempty" doc:"what is taken off an order, in the currency's minor unit"`

	// MinOrder is what the items of an order must cost at least.
	MinOrder int64 `firestore:"minOrder" json:"minOrder,omitempty" doc:"what the items of an order must cost at least"`

	// Currency is that of Amount and MinOrder.
	Currency string `firestore:"currency" json:"currency,omitempty" doc:"ISO 4217; of amount and minOrder"`

	// Categories are those whose items are cheaper; none is all.
	Categories []string `firestore:"categories" json:"categories,omitempty" maxItems:"50" doc:"only items of these categories"`

	// PerCustomer is in how many orders a customer may use it; 0 is no bound.
	PerCustomer int `firestore:"perCustomer" json:"perCustomer,omitempty" doc:"in how many orders a customer may use it; 0 is no bound"`

	// GrantedOnly keeps it to customers who were granted it.
	GrantedOnly bool `firestore:"grantedOnly" json:"grantedOnly,omitempty" doc:"only for customers who were granted it"`
}

const (
	maxTitle       = 200
	maxBasisPoints = 9000
	maxAmount      = 1 << 40
	maxUses        = 1000
	maxCategories  = 50
	maxCategory    = 1000
)

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// validate adds what is wrong with t for a kind.
func (fs *Faults) terms(t Terms, k Kind) {
	r := kinds[k]
	fs.number("terms.basisPoints", t.BasisPoints, r.basisPoints, maxBasisPoints, k)
	fs.number("terms.amount", t.Amount, r.amount, maxAmount, k)
	fs.want(t.MinOrder == 0 || r.order, "terms.minOrder", "is not for "+string(k), "leave it out")
	fs.want(t.MinOrder >= 0 && t.MinOrder <= maxAmount, "terms.minOrder", fmt.Sprintf("is %d", t.MinOrder), fmt.Sprintf("use 0 to %d", maxAmount))
	fs.want(t.Amount+t.MinOrder == 0 || currencyCode.MatchString(t.Currency), "terms.currency", fmt.Sprintf("is %q", t.Currency), "use an ISO 4217 code like EUR")
	fs.want(len(t.Categories) == 0 || k == PercentOff, "terms.categories", "is not for "+string(k), "leave it out")
	fs.want(len(t.Categories) <= maxCategories, "terms.categories", "is too long", fmt.Sprintf("use at most %d", maxCategories))
	for _, c := range t.Categories {
		fs.want(c != "" && len(c) <= maxCategory, "terms.categories", "has an empty or endless name", fmt.Sprintf("use 1 to %d bytes", maxCategory))
	}
	fs.want(t.PerCustomer == 0 && !t.GrantedOnly || r.order, "terms.perCustomer", "is not for "+string(k), "leave it and grantedOnly out")
	fs.want(t.PerCustomer >= 0 && t.PerCustomer <= maxUses, "terms.perCustomer", fmt.Sprintf("is %d", t.PerCustomer), fmt.Sprintf("use 0 to %d", maxUses))
}

// number checks a figure that a kind needs or does not take.
func (fs *Faults) number(field string, n int64, needed bool, most int64, k Kind) {
	if !needed {
		fs.want(n == 0, field, "is not for "+string(k), "leave it out")
		return
	}
	fs.want(n >= 1 && n <= most, field, fmt.Sprintf("is %d", n), fmt.Sprintf("use 1 to %d", most))
}

// limited reports whether a customer's uses are counted.
func (t Terms) limited() bool { return t.PerCustomer > 0 || t.GrantedOnly }
