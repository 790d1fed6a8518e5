package distance

import "time"

// Age lets time go by for what is known of couriers.
func (f *Function) Age(d time.Duration) {
	now := f.couriers.now
	f.couriers.now = func() time.Time { return now().Add(d) }
}
