package event

import "strings"

// ItemPicture asks for the picture of items to be fetched, and kept.
type ItemPicture struct {
	Header `json:"-"`

	Shop string `json:"shop"`

	// Source is where the shop's provider has the picture.
	Source string `json:"source"`
}

// Type implements [Event].
func (ItemPicture) Type() Type { return "item.picture.v1" }

// Key is the shop.
func (e ItemPicture) Key() string { return e.Shop }

// Validate implements [Event].
func (e ItemPicture) Validate() error {
	web := strings.HasPrefix(e.Source, "https://") || strings.HasPrefix(e.Source, "http://")
	return check(e.Type(),
		required("shop", e.Shop),
		when(!web, "source", "must be an address of the web"),
	)
}
