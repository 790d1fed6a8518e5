package provider

import (
	"lastmile/shared/catalog"
)

// Secret is the name of the secret that holds the key, in [Server.Settings].
const Secret = "provider-key"

// Settings returns what reads this provider in a style, for a shop: valid, active,
// with defaults.
func (s *Server) Settings(kind catalog.Style, shop string) catalog.Settings {
	settings := catalog.Settings{Shop: shop, Active: true}
	for _, style := range styles {
		if style.kind != kind {
			continue
		}
		settings.Provider = catalog.Provider{BaseURL: s.URL(), Path: style.path,
			Auth: catalog.Auth{Header: style.header, Scheme: style.scheme, Secret: Secret}}
		settings.Paging = catalog.Paging{Style: kind, Size: 25, SizeParam: style.size}
		s.fit(&settings)
	}
	return settings.WithDefaults()
}

// fit fills in what differs between the styles.
func (s *Server) fit(to *catalog.Settings) {
	switch to.Paging.Style {
	case catalog.ByOffset:
		to.Paging.TotalPath = "meta.total"
		to.Fields = catalog.Fields{Items: "data", ID: "sku", Name: "title", Description: "body", Stock: "inventory.quantity", Category: "category.name", Image: "images.0.url",
			Price:        catalog.Price{Path: "price.amount", CurrencyPath: "price.currency", Format: catalog.DecimalString},
			Availability: catalog.Availability{Path: "inventory.status", Truthy: []string{"in_stock"}},
			Updated:      catalog.Updated{Path: "modified", Format: catalog.RFC3339}}
	case catalog.ByPage:
		to.Paging.First, to.Paging.TotalHeader = 1, "X-WP-Total"
		to.Fields = catalog.Fields{ID: "id", Name: "name", Description: "description", Stock: "stock_quantity", Category: "categories.#.name", Image: "images.0.src",
			Price:        catalog.Price{Path: "price", Currency: "USD", Format: catalog.DecimalString},
			Availability: catalog.Availability{Path: "stock_status", Truthy: []string{"instock"}},
			Updated:      catalog.Updated{Path: "date_modified_gmt", Format: catalog.DateTime}}
	case catalog.ByCursor:
		to.Paging.Param, to.Paging.CursorPath = "after", "result.page_info.next"
		to.Fields = catalog.Fields{Items: "result.edges", ID: "node.handle", Name: "node.title", Description: "node.summary", Stock: "node.quantity", Category: "node.category", Image: "node.image",
			Price:        catalog.Price{Path: "node.money.value", CurrencyPath: "node.money.code", Format: catalog.DecimalNumber},
			Availability: catalog.Availability{Path: "node.available"},
			Updated:      catalog.Updated{Path: "node.updated_ms", Format: catalog.UnixMillis}}
	case catalog.ByWindow:
		to.Paging.CursorPath = "cursor"
		to.Paging.Windows = catalog.Spans{Format: catalog.Unix, Start: s.shelf.start, StepSeconds: 24 * 3600, Incremental: true}
		to.Fields = catalog.Fields{Items: "items", ID: "code", Name: "label", Description: "text", Stock: "qty", Category: "group", Image: "picture",
			Price:        catalog.Price{Path: "cents", Currency: "USD", Format: catalog.MinorUnits},
			Availability: catalog.Availability{Path: "active", Truthy: []string{"1"}},
			Updated:      catalog.Updated{Path: "updated", Format: catalog.Unix}}
	}
}
