package assign

import "time"

// Expect returns what is expected after what came lately: each order that was
// placed within the last span ahead, once more, as much later. What is popular
// now, and where, is so for the next minutes.
func Expect(recent []Order, now time.Time, ahead time.Duration) []Order {
	var expected []Order
	for i := range recent {
		o := &recent[i]
		if again := o.Placed.Add(ahead); again.After(now) && !o.Placed.After(now) {
			expected = append(expected, Order{
				Shop: o.Shop, Zone: o.Zone, Pickup: o.Pickup, Dropoff: o.Dropoff, Needs: o.Needs,
				Placed: again, Ready: o.Ready.Add(ahead),
			})
		}
	}
	return expected
}
