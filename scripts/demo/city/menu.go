package city

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// cuisine is a sort of shop, and what it makes.
type cuisine struct {
	name   string
	prep   time.Duration // what an order usually takes
	cents  int64         // of a cheap dish
	houses []string
	dishes []string
	ways   []string
}

// cuisines are all sorts, the quickest first: they have most of the customers.
var cuisines = []cuisine{
	{"Bakery", 5 * time.Minute, 240, []string{"Corner Loaf", "Morning Crumb", "Oven & Oak", "The Daily Bread"},
		[]string{"Sourdough", "Butter croissant", "Cinnamon knot", "Rye roll", "Almond tart", "Focaccia", "Flat white"}, []string{"", "pair", "box of 6"}},
	{"Grocery", 7 * time.Minute, 180, []string{"Quick Basket", "Corner Market", "Pantry 24", "Greengrocer"},
		[]string{"Bananas", "Whole milk", "Free-range eggs", "Cherry tomatoes", "Spaghetti", "Olive oil", "Sparkling water"}, []string{"", "family pack", "organic"}},
	{"Greens", 8 * time.Minute, 780, []string{"Leaf Bar", "Green Bowl", "Field & Fork", "Sprout"},
		[]string{"Caesar salad", "Poke bowl", "Falafel bowl", "Lentil salad", "Green smoothie", "Hummus plate", "Tabbouleh"}, []string{"", "large", "with halloumi"}},
	{"Burgers", 11 * time.Minute, 790, []string{"Smash House", "Patty & Co", "The Griddle", "Bun Factory"},
		[]string{"Classic smash", "Double cheese", "Truffle burger", "Crispy chicken", "Halloumi burger", "Loaded fries", "Onion rings"}, []string{"", "menu", "vegan"}},
	{"Pizza", 14 * time.Minute, 850, []string{"Forno", "Da Marco", "Pizzeria Vesuvio", "La Piazza"},
		[]string{"Margherita", "Diavola", "Quattro formaggi", "Prosciutto e funghi", "Marinara", "Capricciosa", "Tartufo"}, []string{"", "large", "gluten-free"}},
	{"Sushi", 16 * time.Minute, 690, []string{"Kaiyō", "Sakura", "Tsuki", "Umi Bar"},
		[]string{"Salmon nigiri", "Tuna maki", "Dragon roll", "Tempura udon", "Miso ramen", "Edamame", "Chirashi bowl"}, []string{"", "spicy", "set of 12"}},
	{"Indian", 18 * time.Minute, 890, []string{"Masala Mahal", "Tandoor", "Spice Route", "Namaste"},
		[]string{"Butter chicken", "Lamb rogan josh", "Palak paneer", "Dal makhani", "Biryani", "Garlic naan", "Onion bhaji"}, []string{"mild", "medium", "hot"}},
}

var (
	quarters = []string{"Harbour", "Old Town", "Riverside", "Station", "Hilltop", "Market", "Park", "Lighthouse", "Mill", "Garden"}
	streets  = []string{"Harbour Street", "Mill Lane", "Orchard Road", "Station Square", "Lighthouse Way", "River Walk", "Linden Avenue"}
	given    = []string{"Ada", "Bruno", "Chidi", "Dina", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jia", "Kofi", "Lena", "Mateo", "Noor", "Olga", "Priya", "Rui", "Sara", "Tomas", "Yara"}
	families = []string{"Almeida", "Berg", "Costa", "Diallo", "Eriksen", "Ferri", "Garcia", "Haddad", "Ito", "Jansen", "Kaya", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Singh", "Torres", "Weber"}
)

func name(rng *rand.Rand) string { return pick(rng, given) + " " + pick(rng, families) }

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// product is an entry of a shop's catalogue, as its provider serves it.
type product struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Text     string `json:"text"`
	Section  string `json:"section"`
	Cents    int64  `json:"cents"`
	Quantity int64  `json:"quantity"`
}

// menu is the catalogue of shop n: always the same for the same seed.
func (k cuisine) menu(rng *rand.Rand) []product {
	var all []product
	for i, dish := range k.dishes {
		for j, way := range k.ways {
			title := dish
			if way != "" {
				title += ", " + way
			}
			all = append(all, product{
				ID: fmt.Sprintf("%02d-%d", i+1, j+1), Title: title, Text: title + ", freshly made. " + k.name + " of the house.",
				Section: k.name, Cents: k.cents + 50*rng.Int64N(12) + int64(j)*150, Quantity: 20 + rng.Int64N(400),
			})
		}
	}
	return all
}
