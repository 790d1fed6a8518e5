package provider

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"time"
)

// product is one thing for sale, before a style dresses it.
type product struct {
	ID          string
	Name        string
	Description string
	Category    string
	Image       string // empty: the provider draws one
	Cents       int64
	Stock       int64
	Available   bool
	Updated     time.Time
}

var (
	qualities = []string{"Organic", "Fresh", "Classic", "Crispy", "Smoked", "Family", "Mini", "Spicy", "Slow-baked", "Sugar-free", "Traditional", "Golden"}
	aisles    = []struct {
		name  string
		goods []string
		cents int64 // of a cheap one
	}{
		{"Bakery", []string{"sourdough loaf", "butter croissant", "rye rolls", "cinnamon bun", "baguette"}, 120},
		{"Fruit & vegetables", []string{"cherry tomatoes", "bananas", "baby spinach", "avocados", "red apples"}, 99},
		{"Dairy", []string{"whole milk", "Greek yoghurt", "aged cheddar", "crème fraîche", "salted butter"}, 149},
		{"Pantry", []string{"basmati rice", "olive oil", "penne", "chickpeas", "jalapeño salsa"}, 89},
		{"Drinks", []string{"sparkling water", "orange juice", "ginger beer", "cold brew", "green tea"}, 79},
		{"Ready meals", []string{"margherita pizza", "chicken curry", "vegetable lasagne", "ramen bowl", "falafel wrap"}, 499},
		{"Household", []string{"dish soap", "paper towels", "laundry tabs", "sponges", "bin liners"}, 189},
	}
	packs = []string{"250 g", "500 g", "1 kg", "330 ml", "1 l", "pack of 4", "pack of 6"}
)

// generated returns product n of a seed: always the same one.
func generated(seed uint64, n int) product {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	aisle := aisles[r.IntN(len(aisles))]
	good, quality, pack := pick(r, aisle.goods), pick(r, qualities), pick(r, packs)
	p := product{
		ID:          fmt.Sprint(1_000_000 + n),
		Name:        fmt.Sprintf("%s %s, %s", quality, good, pack),
		Description: fmt.Sprintf("%s %s from our %s aisle. Sold as %s; best within %d days.", quality, good, strings.ToLower(aisle.name), pack, 2+r.IntN(300)),
		Category:    aisle.name,
		Cents:       aisle.cents + r.Int64N(12)*50 + r.Int64N(10),
		Stock:       r.Int64N(120),
	}
	if r.IntN(20) == 0 {
		p.Stock = 0
	}
	p.Available = p.Stock > 0
	return p
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// changed returns p after a number of changes: another price, another stock.
func changed(p product, revision int) product {
	p.Cents += int64(revision) * 10
	p.Stock = (p.Stock + int64(revision)*7) % 150
	p.Available = p.Stock > 0
	return p
}

// realProducts reads a list as bestbuy-open has it. The number in the name of
// its image is the shop's own id.
func realProducts(body []byte) ([]product, error) {
	var list []struct {
		Name, Description, Image string
		Categories               []string
		Price                    json.Number
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	products, used := make([]product, len(list)), map[string]bool{}
	for n, from := range list {
		cents, err := centsOf(from.Price.String())
		if err != nil {
			return nil, fmt.Errorf("read product %d: %w", n, err)
		}
		id, _, _ := strings.Cut(strings.TrimSuffix(path.Base(from.Image), path.Ext(from.Image)), "_")
		if _, err := strconv.ParseUint(id, 10, 53); err != nil || used[id] {
			id = fmt.Sprint(9_000_000 + n)
		}
		used[id] = true
		products[n] = product{ID: id, Name: from.Name, Description: from.Description, Category: strings.Join(from.Categories, " / "),
			Image: from.Image, Cents: cents, Stock: int64(n % 40), Available: n%40 > 0}
	}
	return products, nil
}

// centsOf reads a decimal with at most two digits after its point.
func centsOf(decimal string) (int64, error) {
	whole, fraction, _ := strings.Cut(decimal, ".")
	if len(fraction) > 2 {
		return 0, fmt.Errorf("price %q has more than two digits after its point", decimal)
	}
	return strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
}
