package bulk

// Filter selects items of a shop. Empty fields select all.
type Filter struct {
	Category  string `firestore:"category,omitempty" json:"category,omitempty" doc:"exactly this category"`
	Available *bool  `firestore:"available,omitempty" json:"available,omitempty"`

	// MinPrice and MaxPrice are in minor units, both included; MaxPrice 0 is no
	// bound.
	MinPrice int64 `firestore:"minPrice,omitempty" json:"minPrice,omitempty" doc:"minor units, included"`
	MaxPrice int64 `firestore:"maxPrice,omitempty" json:"maxPrice,omitempty" doc:"minor units, included; 0 is no bound"`
}

// Validate returns a [*ParamError] for a filter that can select nothing.
func (f Filter) Validate() error {
	switch {
	case f.MinPrice < 0:
		return &ParamError{"filter.minPrice", "is negative", "use minor units, 0 or more"}
	case f.MaxPrice < 0:
		return &ParamError{"filter.maxPrice", "is negative", "use minor units, or 0 for no bound"}
	case f.MaxPrice > 0 && f.MaxPrice < f.MinPrice:
		return &ParamError{"filter.maxPrice", "is below filter.minPrice", "swap them or leave one out"}
	}
	return nil
}

// Priced reports whether the filter bounds prices.
func (f Filter) Priced() bool { return f.MinPrice > 0 || f.MaxPrice > 0 }
