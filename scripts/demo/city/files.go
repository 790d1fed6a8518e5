package city

import "fmt"

// Files that are open for all but sockets, and how many real seconds a customer
// keeps a socket in a city that is as fast as life.
const (
	otherFiles = 1000
	tracks     = 1000
)

// fit makes the city so small, couriers and orders alike, that its sockets are no more than the files that may
// be open: who has none could not be told of an offer, and neither could the
// platform's own calls be made. The soft limit is the hard one already: Go sees to
// that at the start of each program.
func (o *Options) fit(limit int) {
	ends := max(1, o.Ends)
	customers := int(o.Orders * tracks / o.Speed)
	if o.Most > 0 {
		customers = min(customers, o.Most)
	}
	need := otherFiles + ends*(o.Couriers+o.Shops+customers)
	if need <= limit {
		return
	}
	asked := *o
	share := max(0, float64((limit-otherFiles)/ends-o.Shops)/float64(o.Couriers+customers))
	o.Couriers, o.Orders = int(share*float64(o.Couriers)), share*o.Orders
	advice := fmt.Sprintf("ulimit -n %d allows all", need)
	if ends > 1 {
		advice += ", and so do two processes: go run ./emulators -demo=false, and go run ./scripts/demo"
	}
	o.Say(fmt.Sprintf("%d couriers and %g orders/s need %d open files, and this process may have %d: %d and %.2g/s come. %s", asked.Couriers, asked.Orders, need, limit, o.Couriers, o.Orders, advice))
}
