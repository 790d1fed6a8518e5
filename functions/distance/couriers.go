package distance

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"lastmile/shared/geo"
	"lastmile/shared/road"
)

// couriers keeps where couriers are on the roads, so that a table that names
// them by id finds only its other places.
type couriers struct {
	now func() time.Time

	mu     sync.RWMutex
	byID   map[string]*position // guarded by mu
	climbs []*position          // guarded by mu: a ring of those that have climbed
	oldest int                  // guarded by mu: the next of the ring to make room
}

type position struct {
	at      time.Time // when the courier was there
	checked time.Time // when that was last found to be the newest
	point   geo.Point
	place   road.Place
	err     error  // why there is no place
	sum     uint32 // of the map that place is on

	asked   bool        // for a table
	climbed *road.Place // nil until it is asked for again
}

const (
	// maxCouriers bounds the memory: about 180 bytes each.
	maxCouriers = 200_000

	// staleAfter is when a position makes room for others.
	staleAfter = time.Hour

	maxID = 128
)

var errFull = errors.New("too many couriers")

// put notes where a courier was at a time.
func (c *couriers) put(v view, id string, at time.Time, p geo.Point) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("courier id %.20q must have 1 to %d bytes", id, maxID)
	}
	if !p.Valid() {
		return fmt.Errorf("courier %q: latitude %v, longitude %v is no place", id, p.Lat, p.Lng)
	}
	found := &position{at: at, checked: c.now(), point: p, sum: v.edition.source.Sum}
	found.place, found.err = v.roadmap.Snap(p, road.SnapOptions{})
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.byID[id]; !known && len(c.byID) >= maxCouriers && !c.makeRoom() {
		return errFull
	}
	c.byID[id] = found
	return nil
}

// makeRoom forgets who has not moved for long. The caller holds mu.
func (c *couriers) makeRoom() bool {
	before := len(c.byID)
	for id, p := range c.byID {
		if c.now().Sub(p.at) > staleAfter {
			delete(c.byID, id)
		}
	}
	return len(c.byID) < before
}

func (c *couriers) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, id)
}

// place returns where a courier is. The caller holds mu for reading.
func (c *couriers) place(v view, id []byte) (road.Place, string) {
	p, ok := c.byID[string(id)]
	switch {
	case !ok:
		return road.Place{}, "unknown courier: it has not reported where it is; register it, or send a place"
	case p.climbed != nil && v.finder.Climbed(p.climbed):
		return *p.climbed, ""
	}
	place, err := p.place, p.err
	if p.sum != v.edition.source.Sum {
		place, err = v.roadmap.Snap(p.point, road.SnapOptions{})
	}
	if err != nil {
		return road.Place{}, err.Error()
	}
	return place, ""
}
