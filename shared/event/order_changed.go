package event

// OrderChanged tells that an order went from one state to the next.
type OrderChanged struct {
	Header `json:"-"`

	Order    string `json:"order"`
	Shop     string `json:"shop"`
	Zone     string `json:"zone"`
	Customer string `json:"customer"`
	Courier  string `json:"courier,omitempty"` // once one is assigned

	// From is empty for an order that has just been placed.
	From string `json:"from,omitempty"`
	To   string `json:"to"`

	// Version counts the order's changes from 1.
	Version int `json:"version"`
}

// Type implements [Event].
func (OrderChanged) Type() Type { return "order.changed.v1" }

// Key is the order.
func (e OrderChanged) Key() string { return e.Order }

// Tenant is the shop: a cut-over moves one shop at a time.
func (e OrderChanged) Tenant() string { return e.Shop }

// Validate implements [Event].
func (e OrderChanged) Validate() error {
	return check(e.Type(),
		required("order", e.Order),
		required("shop", e.Shop),
		required("zone", e.Zone),
		required("customer", e.Customer),
		required("to", e.To),
		atLeast("version", e.Version, 1),
	)
}
