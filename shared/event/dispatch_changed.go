package event

// DispatchChanged tells that the search for an order's courier went on. What it
// has come to is in the search itself: events overtake each other.
type DispatchChanged struct {
	Header `json:"-"`

	Order string `json:"order"`
	Zone  string `json:"zone"`

	// State is that of the search: waiting, carried, unassigned, completed or
	// cancelled.
	State   string `json:"state"`
	Courier string `json:"courier,omitempty"` // who has the order

	// Gen counts the searches for this order, and Version all changes, from 1.
	Gen     int `json:"gen"`
	Version int `json:"version"`
}

// Type implements [Event].
func (DispatchChanged) Type() Type { return "dispatch.changed.v1" }

// Key is the order.
func (e DispatchChanged) Key() string { return e.Order }

// Validate implements [Event].
func (e DispatchChanged) Validate() error {
	return check(e.Type(),
		required("order", e.Order),
		required("zone", e.Zone),
		required("state", e.State),
		atLeast("gen", e.Gen, 1),
		atLeast("version", e.Version, 1),
	)
}
