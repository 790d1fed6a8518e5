package shop

import (
	"math"

	"lastmile/shared/geo"
)

// Contains reports whether p is in the zone's area.
func (z Zone) Contains(p geo.Point) bool {
	inside := false
	for i, a := range z.Area {
		b := z.Area[(i+1)%len(z.Area)]
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lng < a.Lng+(p.Lat-a.Lat)/(b.Lat-a.Lat)*(b.Lng-a.Lng) {
			inside = !inside
		}
	}
	return inside
}

// DeliveryFee returns what a delivery over so many metres costs.
func (f Fees) DeliveryFee(metres float64) int64 {
	beyond := math.Max(0, metres-float64(f.FreeMetres))
	return f.Delivery + int64(math.Ceil(beyond/1000))*f.PerKilometre
}

// ServiceFee returns the share of the goods as charged, rounded half up.
func (f Fees) ServiceFee(goods int64) int64 { return (goods*f.ServiceBasisPoints + 5000) / 10_000 }
