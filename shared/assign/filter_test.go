package assign_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/assign"
)

func TestACourierIsDroppedForOneReason(t *testing.T) {
	for name, c := range map[string]struct {
		order   func(*assign.Order)
		courier func(*assign.Courier)
		want    assign.Reason
	}{
		"off duty":                             {courier: func(c *assign.Courier) { c.Online = false }, want: assign.Offline},
		"not seen for three minutes":           {courier: func(c *assign.Courier) { c.Seen = noon.Add(-3 * time.Minute) }, want: assign.StalePosition},
		"seen a minute ago":                    {courier: func(c *assign.Courier) { c.Seen = noon.Add(-time.Minute) }},
		"in another zone":                      {courier: func(c *assign.Courier) { c.Zone = "north" }, want: assign.OtherZone},
		"pinned to another":                    {order: func(o *assign.Order) { o.Pinned = "x" }, want: assign.NotPinned},
		"pinned to this one":                   {order: func(o *assign.Order) { o.Pinned = "c" }},
		"holds an offer":                       {courier: func(c *assign.Courier) { c.Offered = true }, want: assign.HoldsOffer},
		"declined it before":                   {order: func(o *assign.Order) { o.Declined = []assign.Refusal{{"c", noon.Add(-time.Hour)}} }, want: assign.Declined},
		"declined it the day before yesterday": {order: func(o *assign.Order) { o.Declined = []assign.Refusal{{"c", noon.Add(-48 * time.Hour)}} }},
		"another declined it":                  {order: func(o *assign.Order) { o.Declined = []assign.Refusal{{"x", noon}} }},
		"on a bicycle, and it needs a car":     {order: func(o *assign.Order) { o.Needs.Vehicles = []string{"car"} }, courier: func(c *assign.Courier) { c.Vehicle = "bicycle" }, want: assign.WrongVehicle},
		"in the van that will do":              {order: func(o *assign.Order) { o.Needs.Vehicles = []string{"car", "van"} }, courier: func(c *assign.Courier) { c.Vehicle = "van" }},
		"may not sell alcohol":                 {order: func(o *assign.Order) { o.Needs.Skills = []string{"alcohol"} }, want: assign.LacksSkill},
		"full":                                 {courier: func(c *assign.Courier) { c.Capacity, c.Load = 2, 2 }, want: assign.NoCapacity},
		"too small":                            {order: func(o *assign.Order) { o.Needs.Size = 3 }, courier: func(c *assign.Courier) { c.Capacity = 2 }, want: assign.NoCapacity},
		"with too much cash":                   {order: func(o *assign.Order) { o.Needs.Cash = 60 }, courier: func(c *assign.Courier) { c.CashLimit, c.Cash = 100, 50 }, want: assign.CashLimit},
		"busy for an hour":                     {courier: func(c *assign.Courier) { c.FreeAt = noon.Add(time.Hour) }, want: assign.Busy},
		"off before the pickup":                {courier: func(c *assign.Courier) { c.Off = noon.Add(time.Minute) }, want: assign.ShiftEnds},
		"for an order that is lost":            {order: func(o *assign.Order) { o.Placed = noon.Add(-2 * time.Hour) }, want: assign.TooLate},
	} {
		t.Run(name, func(t *testing.T) {
			o, who := order("o1", 0), sure("c", 500)
			if c.order != nil {
				c.order(&o)
			}
			if c.courier != nil {
				c.courier(&who)
			}

			d := assign.Decide(round([]assign.Order{o}, who))

			require.Equal(t, c.want, d.Ledger[0].Candidates[0].Dropped)
			require.Equal(t, c.want == "", len(d.Offers) == 1)
			if c.want != "" {
				require.Equal(t, assign.Unmatched, d.Ledger[0].Outcome)
			}
		})
	}
}
