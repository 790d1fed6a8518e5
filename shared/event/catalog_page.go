package event

import "time"

// CatalogPage asks for one page of a provider's catalogue to be fetched and
// stored.
type CatalogPage struct {
	Header `json:"-"`

	Job  string `json:"job"`
	Shop string `json:"shop"`

	// Settings is the version of the shop's catalogue settings that the job runs
	// with, from its first page to its last.
	Settings int `json:"settings"`

	// Page counts from 0.
	Page int `json:"page"`

	// Cursor is the provider's mark of where the page begins, for those that page
	// by cursor.
	Cursor string `json:"cursor,omitempty"`

	// From and To bound the page's change times, To excluded, for providers that
	// page by time.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`

	// Last says that no planned page follows: if this one comes back full, it
	// names one more.
	Last bool `json:"last,omitempty"`
}

// Type implements [Event].
func (CatalogPage) Type() Type { return "catalog.page.v1" }

// Key is the shop.
func (e CatalogPage) Key() string { return e.Shop }

// Tenant is the shop: a cut-over moves one shop at a time.
func (e CatalogPage) Tenant() string { return e.Shop }

// Validate implements [Event].
func (e CatalogPage) Validate() error {
	return check(e.Type(),
		required("job", e.Job),
		required("shop", e.Shop),
		atLeast("settings", e.Settings, 1),
		atLeast("page", e.Page, 0),
		ordered("from", e.From, "to", e.To),
	)
}
