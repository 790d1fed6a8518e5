package api

import (
	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/platform"
	"lastmile/shared/shop/shopdb"
)

// Selling are the resources from a shop's shelf to a customer's door.
type Selling struct {
	Shops    Shops
	Zones    Zones
	Settings Settings
	Items    Items
	Carts    Carts
	Orders   Orders
	Couriers Couriers
}

func (s Selling) register(api huma.API) {
	s.Shops.register(api)
	s.Zones.register(api)
	s.Settings.register(api)
	s.Items.register(api)
	s.Carts.register(api)
	s.Orders.register(api)
	s.Couriers.register(api)
}

func sellingOf(p *platform.Opener, files *attachmentdb.Store) Selling {
	db := p.Docs()
	shops, orders, catalogs := shopdb.New(db), orderdb.New(db), catalogdb.New(db)
	// Who sells only reads campaigns, and sets no timers.
	market := &Market{DB: db, Shops: shops, Catalogs: catalogs, Orders: orders, Campaigns: campaigndb.New(db, nil, p.Log())}
	return Selling{
		Shops:    Shops{Store: shops},
		Zones:    Zones{Store: shops},
		Settings: Settings{Store: shops},
		Items:    Items{Store: catalogs, Market: market},
		Carts:    Carts{Market: market},
		Orders:   Orders{Store: orders, Market: market, Files: files},
		Couriers: Couriers{Store: courierdb.New(db)},
	}
}
