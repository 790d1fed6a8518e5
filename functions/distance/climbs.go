package distance

import "lastmile/shared/road"

const (
	// climbsAtOnce bounds what one request does for those that follow.
	climbsAtOnce = 8

	// maxClimbs bounds the memory: about 3 KB each. The oldest makes room.
	maxClimbs = 4096
)

// rise has some of the couriers climb that a table asks for again where they
// were: the tables after it need not search for their ways.
func (c *couriers) rise(v view, spots []spot, e *ends) {
	for i, p := range c.standing(v, spots, e) {
		place := &e.places[e.number[i]]
		*place = v.finder.Climb(*place)
		c.keep(string(spots[i].id), p, *place)
	}
}

// standing are those couriers, by their number among spots; it notes who is
// asked for.
func (c *couriers) standing(v view, spots []spot, e *ends) map[int]*position {
	first := 0
	for first < len(spots) && !e.low(v, spots, first) {
		first++
	}
	if first == len(spots) {
		return nil
	}
	found := make(map[int]*position, climbsAtOnce)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := first; i < len(spots) && len(found) < climbsAtOnce; i++ {
		if !e.low(v, spots, i) {
			continue
		}
		switch p, ok := c.byID[string(spots[i].id)]; {
		case !ok:
		case p.sum != v.edition.source.Sum:
			p.place, p.err, p.sum = e.places[e.number[i]], nil, v.edition.source.Sum // found on these roads just now
		case p.asked:
			found[i] = p
		default:
			p.asked = true
		}
	}
	return found
}

// low reports that a spot is a courier on the roads who has not climbed.
func (e *ends) low(v view, spots []spot, i int) bool {
	return spots[i].id != nil && e.number[i] >= 0 && !v.finder.Climbed(&e.places[e.number[i]])
}

// keep notes the climb of a courier who has not moved since.
func (c *couriers) keep(id string, p *position, climbed road.Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID[id] != p {
		return
	}
	p.climbed = &climbed
	if old := c.climbs[c.oldest]; old != nil && old != p {
		old.climbed = nil
	}
	c.climbs[c.oldest], c.oldest = p, (c.oldest+1)%maxClimbs
}
