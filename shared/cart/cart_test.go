package cart_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/campaign"
	"lastmile/shared/cart"
	"lastmile/shared/catalog"
	"lastmile/shared/geo"
	"lastmile/shared/order"
	"lastmile/shared/shop"
)

// noon is one of a Monday in Malta.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

func facts() cart.Facts {
	return cart.Facts{
		Shop: shop.Shop{
			ID: "bakery", Name: "Bakery", Point: geo.Point{Lat: 35.9, Lng: 14.5}, Zone: "malta", TimeZone: "Europe/Malta", Open: true,
			Currency: "EUR", MinOrder: 500, Hours: shop.Hours{Week: []shop.Weekly{{On: []string{"mon"}, Span: shop.Span{From: "08:00", To: "20:00"}}}},
		},
		Zone: shop.Zone{
			ID: "malta", Currency: "EUR", Area: []geo.Point{{Lat: 35, Lng: 14}, {Lat: 35, Lng: 15}, {Lat: 36, Lng: 15}, {Lat: 36, Lng: 14}},
			Fees: shop.Fees{Delivery: 250, PerKilometre: 100, FreeMetres: 1000, ServiceBasisPoints: 250},
		},
		Items: map[string]cart.Goods{"rye": goods("rye", 300, 5), "oat": goods("oat", 250, -1)},
		Now:   noon,
	}
}

func goods(id string, price, left int64) cart.Goods {
	return cart.Goods{Item: catalog.Item{
		ID: id, Name: "Bread of " + id, Price: catalog.Money{Amount: price, Currency: "EUR"}, Available: true, StockKnown: left >= 0,
	}, Left: left}
}

func lines(ls ...cart.Line) cart.Cart {
	return cart.Cart{Shop: "bakery", Lines: ls, Dropoff: geo.Point{Lat: 35.9, Lng: 14.5}}
}

func line(item string, quantity int64) cart.Line {
	return cart.Line{Item: item, Quantity: quantity, Price: -1}
}

func TestEveryProblemIsSaid(t *testing.T) {
	many := make([]cart.Line, cart.MaxLines+1)
	for i := range many {
		many[i] = line(fmt.Sprint("x", i), 1)
	}
	two := lines(line("rye", 2))
	tests := map[string]struct {
		cart   cart.Cart
		change func(*cart.Facts)
		codes  []cart.Code
	}{
		"none":                         {two, nil, nil},
		"an empty cart":                {lines(), nil, []cart.Code{cart.Empty}},
		"an item that is gone":         {lines(line("rye", 2), line("spelt", 1)), nil, []cart.Code{cart.ItemGone}},
		"none of it":                   {lines(line("rye", 0), line("oat", 2)), nil, []cart.Code{cart.BadQuantity}},
		"an item twice":                {lines(line("rye", 1), line("rye", 1)), nil, []cart.Code{cart.Twice}},
		"more than there is":           {lines(line("rye", 6)), nil, []cart.Code{cart.NotEnoughStock}},
		"stock that nobody counts":     {lines(line("oat", 600)), nil, nil},
		"too little":                   {lines(line("rye", 1)), nil, []cart.Code{cart.BelowMinimum}},
		"a price that has changed":     {lines(cart.Line{Item: "rye", Quantity: 2, Price: 290}), nil, []cart.Code{cart.PriceChanged}},
		"the price that it has":        {lines(cart.Line{Item: "rye", Quantity: 2, Price: 300}), nil, nil},
		"a tip that takes":             {cart.Cart{Lines: two.Lines, Dropoff: two.Dropoff, Tip: -1}, nil, []cart.Code{cart.BadTip}},
		"no shop":                      {two, func(f *cart.Facts) { f.Shop = shop.Shop{} }, []cart.Code{cart.NoShop, cart.MixedCurrency}},
		"a closed shop":                {two, func(f *cart.Facts) { f.Now = noon.Add(12 * time.Hour) }, []cart.Code{cart.ShopClosed}},
		"a shop closed till it opens":  {two, func(f *cart.Facts) { f.Shop.Open = false }, []cart.Code{cart.ShopClosed}},
		"an address that is elsewhere": {cart.Cart{Lines: two.Lines, Dropoff: geo.Point{Lat: 40, Lng: 14.5}}, nil, []cart.Code{cart.OutsideZone}},
		"no address":                   {cart.Cart{Lines: two.Lines}, nil, []cart.Code{cart.OutsideZone}},
		"a campaign that is over":      {cart.Cart{Lines: two.Lines, Dropoff: two.Dropoff, Campaigns: []campaign.ID{"c"}}, nil, []cart.Code{cart.CampaignEnded}},
		"a zone of another currency":   {two, func(f *cart.Facts) { f.Zone.Currency = "USD" }, []cart.Code{cart.MixedCurrency}},
		"too much of everything": {
			cart.Cart{Lines: append([]cart.Line{line("rye", 9)}, many...), Dropoff: two.Dropoff}, func(f *cart.Facts) { f.Shop.Open = false },
			append([]cart.Code{cart.TooManyLines, cart.ShopClosed}, append(slicesOf(cart.ItemGone, len(many)), cart.NotEnoughStock)...),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := facts()
			if test.change != nil {
				test.change(&f)
			}
			_, problems := cart.Check(test.cart, f)
			var codes []cart.Code
			for _, p := range problems {
				require.NotEmpty(t, p.Remedy)
				codes = append(codes, p.Code)
			}
			require.Equal(t, test.codes, codes)
		})
	}
}

func slicesOf(c cart.Code, n int) []cart.Code {
	all := make([]cart.Code, n)
	for i := range all {
		all[i] = c
	}
	return all
}

func TestAClosedShopSaysWhenItOpens(t *testing.T) {
	f := facts()
	f.Now = noon.Add(12 * time.Hour)
	_, problems := cart.Check(lines(line("rye", 2)), f)
	require.Equal(t, time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC), problems[0].Opens)
}

func TestPrice(t *testing.T) {
	f := facts()
	c := lines(line("rye", 2), line("oat", 1))
	c.Tip, c.Dropoff = 100, geo.Point{Lat: 35.92, Lng: 14.5} // 2.2 km away
	q, problems := cart.Check(c, f)
	require.Empty(t, problems)
	require.Equal(t, order.Price{Currency: "EUR", Items: 850, Delivery: 450, Service: 21, Tip: 100, Total: 1421}, q.Price)

	f.Offers = campaign.Offers{Promotions: []campaign.Promotion{{Campaign: "c", Kind: campaign.PercentOff, Terms: campaign.Terms{BasisPoints: 1000}}}}
	cheaper, problems := cart.Check(c, f)
	require.Empty(t, problems)
	require.EqualValues(t, 85, cheaper.Price.Discount)
	require.Equal(t, "c", cheaper.Lines[0].Campaign)
	require.NotEqual(t, q.Hash, cheaper.Hash)

	same, _ := cart.Check(c, f)
	require.Equal(t, cheaper.Hash, same.Hash)
}

func BenchmarkCheck200Items(b *testing.B) {
	f := facts()
	var c cart.Cart
	c.Dropoff = geo.Point{Lat: 35.9, Lng: 14.5}
	for i := range cart.MaxLines {
		id := fmt.Sprint("x", i)
		f.Items[id] = goods(id, 100, 5)
		c.Lines = append(c.Lines, line(id, 1))
	}
	b.ReportAllocs()
	for b.Loop() {
		cart.Check(c, f)
	}
}
