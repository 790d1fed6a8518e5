package network

import (
	"maps"
	"slices"
)

// history is what has been driven last, where that matters for what may follow:
// lanes with which a restriction begins. It is a state of the automaton of Aho
// and Corasick (1975) over all restrictions.
type history struct {
	lane    uint32
	arc     uint32 // of those who are on the lane with this history
	rules   []rule
	longer  []*history // by one lane
	shorter *history   // the longest that this one ends with; nil if none does
}

// rule is about the lane that follows: it is forbidden, or the only one.
type rule struct {
	to   uint32
	only bool
}

// remember makes the histories of all restrictions. Those of a single lane need
// no arc of their own: whoever is on the lane has them.
func (b *chainer) remember() {
	b.starts = make(map[uint32]*history)
	for _, c := range b.found {
		lanes := b.along(c)
		if lanes == nil {
			continue
		}
		last := len(lanes) - 1
		h := b.starts[lanes[0]]
		if h == nil {
			h = &history{lane: lanes[0]}
			b.starts[lanes[0]] = h
		}
		for _, lane := range lanes[1:last] {
			h = h.grow(lane)
		}
		h.rules = append(h.rules, rule{lanes[last], c.only})
	}
	b.copies = make(map[uint32][]*history)
	var level []*history
	for _, lane := range slices.Sorted(maps.Keys(b.starts)) {
		level = append(level, b.starts[lane])
	}
	for len(level) > 0 {
		level = b.link(level)
	}
}

// link ties the histories that are longer by one lane to their shorter ones, and
// returns them.
func (b *chainer) link(level []*history) (next []*history) {
	for _, h := range level {
		for _, longer := range h.longer {
			if longer.shorter = h.shorter.then(longer.lane); longer.shorter == nil {
				longer.shorter = b.starts[longer.lane]
			}
			b.copies[longer.lane] = append(b.copies[longer.lane], longer)
			next = append(next, longer)
		}
	}
	return next
}

// grow returns h with one more lane.
func (h *history) grow(lane uint32) *history {
	for _, longer := range h.longer {
		if longer.lane == lane {
			return longer
		}
	}
	longer := &history{lane: lane}
	h.longer = append(h.longer, longer)
	return longer
}

// then returns the longest history after one more lane, nil if none is longer
// than that lane.
func (h *history) then(lane uint32) *history {
	for ; h != nil; h = h.shorter {
		for _, longer := range h.longer {
			if longer.lane == lane {
				return longer
			}
		}
	}
	return nil
}

// forbids reports whether h may not be followed by a lane.
func (h *history) forbids(lane uint32) bool {
	for ; h != nil; h = h.shorter {
		for _, r := range h.rules {
			if r.only != (r.to == lane) {
				return true
			}
		}
	}
	return false
}
