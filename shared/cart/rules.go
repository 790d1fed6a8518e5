package cart

import (
	"fmt"
	"slices"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/geo"
	"lastmile/shared/order"
	"lastmile/shared/shop"
)

// Code is a sort of problem.
type Code string

// The problems of a cart.
const (
	Empty          Code = "empty"
	TooManyLines   Code = "too_many_lines"
	BadQuantity    Code = "bad_quantity"
	Twice          Code = "twice"
	BadTip         Code = "bad_tip"
	NoShop         Code = "no_shop"
	ShopClosed     Code = "shop_closed"
	OutsideZone    Code = "outside_zone"
	ItemGone       Code = "item_gone"
	Unavailable    Code = "unavailable"
	MixedCurrency  Code = "mixed_currency"
	PriceTooHigh   Code = "price_too_high"
	OutOfStock     Code = "out_of_stock"
	NotEnoughStock Code = "not_enough_stock"
	PriceChanged   Code = "price_changed"
	BelowMinimum   Code = "below_minimum"
	CampaignEnded  Code = "campaign_ended"
)

// Problem is one reason why a cart cannot be ordered, and what to do about it.
type Problem struct {
	Code   Code   `json:"code"`
	Item   string `json:"item,omitempty"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`

	// Was and Now are what the cart says and what is so.
	Was *int64 `json:"was,omitempty" doc:"what the cart says"`
	Now *int64 `json:"now,omitempty" doc:"what is so"`

	Campaign campaign.ID `json:"campaign,omitempty"`
	Opens    time.Time   `json:"opens,omitzero" doc:"when the shop takes orders again"`
}

type problems []Problem

func (p *problems) when(wrong bool, problem Problem) {
	if wrong {
		*p = append(*p, problem)
	}
}

// sound reports whether a line's quantity makes sense.
func sound(l Line) bool { return 1 <= l.Quantity && l.Quantity <= MaxQuantity }

// payable reports whether an item has a price in the shop's currency.
func payable(g Goods, f Facts) bool {
	return g.Price.Currency == f.Shop.Currency && 0 <= g.Price.Amount && g.Price.Amount <= shop.MaxAmount
}

func size(p *problems, c Cart, _ Facts) {
	p.when(len(c.Lines) == 0, Problem{Code: Empty, Detail: "the cart is empty", Remedy: "add an item"})
	p.when(len(c.Lines) > MaxLines, Problem{
		Code: TooManyLines, Detail: fmt.Sprintf("the cart has %d lines", len(c.Lines)), Remedy: fmt.Sprintf("order at most %d at once", MaxLines),
	})
	p.when(c.Tip < 0 || c.Tip > shop.MaxAmount, Problem{
		Code: BadTip, Detail: "the tip makes no sense", Remedy: fmt.Sprintf("give 0 to %d", shop.MaxAmount), Was: &c.Tip,
	})
	items := make(map[string]bool, len(c.Lines))
	for _, l := range c.Lines {
		p.when(!sound(l), Problem{
			Code: BadQuantity, Item: l.Item, Detail: fmt.Sprintf("%d cannot be ordered", l.Quantity), Remedy: fmt.Sprintf("order 1 to %d", MaxQuantity), Was: &l.Quantity,
		})
		p.when(items[l.Item], Problem{Code: Twice, Item: l.Item, Detail: "the item is in the cart twice", Remedy: "make it one line"})
		items[l.Item] = true
	}
}

func open(p *problems, _ Cart, f Facts) {
	if f.Shop.ID == "" {
		p.when(true, Problem{Code: NoShop, Detail: "there is no such shop", Remedy: "choose another"})
		return
	}
	if f.Shop.OpenAt(f.Now) {
		return
	}
	closed := Problem{Code: ShopClosed, Detail: f.Shop.Name + " is closed until further notice", Remedy: "choose another shop"}
	if at, ok := f.Shop.Opens(f.Now); ok {
		closed.Detail, closed.Remedy, closed.Opens = f.Shop.Name+" is closed", "order again when it opens", at
	}
	p.when(true, closed)
}

func place(p *problems, c Cart, f Facts) {
	if f.Shop.ID == "" {
		return
	}
	p.when(f.Zone.ID != "" && f.Zone.Currency != f.Shop.Currency, Problem{
		Code: MixedCurrency, Detail: fmt.Sprintf("the shop sells in %s, its zone in %s", f.Shop.Currency, f.Zone.Currency), Remedy: "tell the shop",
	})
	here := c.Dropoff.Valid() && c.Dropoff != geo.Point{} && f.Zone.Contains(c.Dropoff)
	p.when(!here, Problem{
		Code: OutsideZone, Detail: fmt.Sprintf("%s does not deliver there", f.Shop.Name), Remedy: "choose an address in its area, or another shop",
	})
}

// goods judges each item by itself.
func goods(p *problems, c Cart, f Facts) {
	for _, l := range c.Lines {
		g, ok := f.Items[l.Item]
		switch {
		case !ok:
			p.when(true, Problem{Code: ItemGone, Item: l.Item, Detail: "the shop does not have it any more", Remedy: "take it out of the cart"})
		case !g.Available:
			p.when(true, Problem{Code: Unavailable, Item: l.Item, Detail: g.Name + " cannot be ordered now", Remedy: "take it out of the cart"})
		case g.Price.Currency != f.Shop.Currency:
			p.when(true, Problem{Code: MixedCurrency, Item: l.Item, Detail: fmt.Sprintf("%s costs %s, the shop sells in %s", g.Name, g.Price, f.Shop.Currency), Remedy: "take it out of the cart"})
		case !payable(g, f):
			p.when(true, Problem{Code: PriceTooHigh, Item: l.Item, Detail: fmt.Sprintf("%s costs %s", g.Name, g.Price), Remedy: "take it out of the cart"})
		}
	}
}

func stock(p *problems, c Cart, f Facts) {
	for _, l := range c.Lines {
		g, ok := f.Items[l.Item]
		if !ok || !g.Available || !g.StockKnown || l.Quantity <= g.Left {
			continue
		}
		p.when(true, short(g.Name, order.Shortage{Item: l.Item, Wanted: l.Quantity, Left: g.Left}))
	}
}

// Short is the problem of an item of which there is not enough.
func Short(s order.Shortage) Problem { return short(s.Item, s) }

func short(name string, s order.Shortage) Problem {
	if s.Left == 0 {
		return Problem{Code: OutOfStock, Item: s.Item, Detail: name + " is sold out", Remedy: "take it out of the cart", Was: &s.Wanted, Now: &s.Left}
	}
	return Problem{
		Code: NotEnoughStock, Item: s.Item, Detail: fmt.Sprintf("%d of %s are left", s.Left, name), Remedy: fmt.Sprintf("order %d", s.Left), Was: &s.Wanted, Now: &s.Left,
	}
}

// seen compares prices with those that the customer saw.
func seen(p *problems, c Cart, f Facts, q Quote) {
	now := make(map[string]int64, len(q.Lines))
	for _, l := range q.Lines {
		now[l.Item] = l.Unit - l.Discount/l.Quantity
	}
	for _, l := range c.Lines {
		charged, ok := now[l.Item]
		p.when(ok && l.Price >= 0 && l.Price != charged, Problem{
			Code: PriceChanged, Item: l.Item, Detail: f.Items[l.Item].Name + " has another price now", Remedy: "show the new price and ask again", Was: &l.Price, Now: &charged,
		})
	}
}

func minimum(p *problems, _ Cart, f Facts, q Quote) {
	var goods int64
	for _, l := range q.Lines {
		goods += l.Total
	}
	missing := f.Shop.MinOrder - goods
	p.when(len(q.Lines) > 0 && missing > 0, Problem{
		Code: BelowMinimum, Detail: fmt.Sprintf("%s delivers from %d on", f.Shop.Name, f.Shop.MinOrder), Remedy: fmt.Sprintf("add goods for %d", missing), Was: &goods, Now: &f.Shop.MinOrder,
	})
}

// counted compares campaigns with those that the customer counts on.
func counted(p *problems, c Cart, _ Facts, q Quote) {
	for _, id := range c.Campaigns {
		line := slices.ContainsFunc(q.Lines, func(l order.Line) bool { return l.Campaign == string(id) })
		whole := slices.ContainsFunc(q.Reductions, func(r campaign.Reduction) bool { return r.Campaign == id })
		p.when(!line && !whole, Problem{
			Code: CampaignEnded, Campaign: id, Detail: "the campaign is over, used up, or not for this cart", Remedy: "show the price without it and ask again",
		})
	}
}
