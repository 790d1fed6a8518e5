// Package cart owns what makes a cart an order: the rules that it has to meet
// and the price that it has.
//
// It promises that all that is wrong is said at once, each with what to do; that
// prices are the server's alone; and that a [Quote] of the same hash charges the
// same for the same.
//
// The package is pure: it has no clock, no network and no database. All that the
// rules need comes in [Facts], which can be read in one round trip.
package cart

import (
	"strconv"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/catalog"
	"lastmile/shared/event"
	"lastmile/shared/geo"
	"lastmile/shared/order"
	"lastmile/shared/shop"
)

// Cart is what a customer wants, as they believe it to be.
type Cart struct {
	Shop    string
	Lines   []Line
	Dropoff geo.Point
	Tip     int64

	// Campaigns are those that the customer counts on.
	Campaigns []campaign.ID
}

// Line is so many of one item.
type Line struct {
	Item     string
	Quantity int64

	// Price is what one costs by what the customer saw; negative for not seen.
	Price int64
}

// Bounds on a cart.
const (
	MaxLines    = 200
	MaxQuantity = 1000
)

// Facts are all that the rules need to know.
type Facts struct {
	Shop   shop.Shop // zero if there is none
	Zone   shop.Zone // the shop's; zero if there is none
	Items  map[string]Goods
	Offers campaign.Offers
	Now    time.Time
}

// Goods is an item as it stands.
type Goods struct {
	catalog.Item
	Left int64 // how many can be ordered, where stock is known
}

// Quote is what a cart costs.
type Quote struct {
	Lines      []order.Line         `json:"lines"`
	Price      order.Price          `json:"price"`
	Reductions []campaign.Reduction `json:"reductions,omitempty" doc:"what campaigns take off the whole order"`

	// Hash names what is charged for what.
	Hash string `json:"hash" doc:"to be sent with the order: it is placed at this price or not at all"`
}

// Check returns what a cart costs, as far as that can be said, and all that
// keeps it from being ordered.
func Check(c Cart, f Facts) (Quote, []Problem) {
	var p problems
	for _, rule := range []func(*problems, Cart, Facts){size, open, place, goods, stock} {
		rule(&p, c, f)
	}
	q := price(c, f)
	for _, rule := range []func(*problems, Cart, Facts, Quote){seen, minimum, counted} {
		rule(&p, c, f, q)
	}
	return q, p
}

// price returns what of a cart can be priced.
func price(c Cart, f Facts) Quote {
	q := Quote{Lines: []order.Line{}, Price: order.Price{Currency: f.Shop.Currency, Tip: c.Tip}}
	for _, l := range c.Lines {
		if g, ok := f.Items[l.Item]; ok && sound(l) && payable(g, f) {
			q.add(f, l, g)
		}
	}
	subtotal := q.Price.Items - q.Price.Discount
	q.Price.Delivery = f.Zone.Fees.DeliveryFee(geo.Distance(f.Shop.Point, c.Dropoff))
	q.Price.Service = f.Zone.Fees.ServiceFee(subtotal)
	q.Reductions = f.Offers.Order(subtotal, q.Price.Delivery, f.Shop.Currency)
	for _, r := range q.Reductions {
		q.Price.Discount += r.Off
	}
	q.Price.Total = q.Price.Items + q.Price.Delivery + q.Price.Service + q.Price.Tip - q.Price.Discount
	q.Hash = q.hash(f.Shop.ID)
	return q
}

// add adds a line at the price of now.
func (q *Quote) add(f Facts, l Line, g Goods) {
	_, r := f.Offers.Price(campaign.Priced{Item: g.ID, Category: g.Category, Amount: g.Price.Amount})
	line := order.Line{
		Item: g.ID, Name: g.Name, Quantity: l.Quantity, Counted: g.StockKnown,
		Unit: g.Price.Amount, Discount: r.Off * l.Quantity, Campaign: string(r.Campaign),
	}
	line.Total = line.Unit*line.Quantity - line.Discount
	q.Lines = append(q.Lines, line)
	q.Price.Items += line.Unit * line.Quantity
	q.Price.Discount += line.Discount
}

func (q Quote) hash(shopID string) string {
	n := func(i int64) string { return strconv.FormatInt(i, 10) }
	parts := []string{shopID, q.Price.Currency, n(q.Price.Delivery), n(q.Price.Service), n(q.Price.Tip), n(q.Price.Discount), n(q.Price.Total)}
	for _, l := range q.Lines {
		parts = append(parts, l.Item, n(l.Quantity), n(l.Unit), n(l.Discount))
	}
	return string(event.DeriveID(parts...))
}
