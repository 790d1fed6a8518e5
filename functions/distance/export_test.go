package distance

import "time"

// Age lets time go by for what is known of couriers.
func (f *Function) Age(d time.Duration) {
	now := f.couriers.now
	f.couriers.now = func() time.Time { return now().Add(d) }
}

// Climbs returns how many couriers have climbed.
func (f *Function) Climbs() (n int) {
	f.couriers.mu.RLock()
	defer f.couriers.mu.RUnlock()
	for _, p := range f.couriers.byID {
		if p.climbed != nil {
			n++
		}
	}
	return n
}
