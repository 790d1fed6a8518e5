package hierarchy

import (
	"math/bits"
	"slices"
)

// Amender makes metrics of weights that differ from those of its own metric here
// and there. It looks again only at the arcs for which that matters, and keeps
// the ways of all arcs in memory from the first time on. It does one thing at a
// time.
type Amender struct {
	topology *Topology
	metric   *Metric

	c      *customizer // nil before the first time
	dirty  marks       // nodes whose ways may differ
	halves [2]half
	undo   []undo
}

// half is what an amender knows of one direction.
type half struct {
	own, other *side
	fan        *Fan
	old        []Way // of one node's arcs
	loose      marks // nodes that may keep other arcs
}

// undo is a way of the amender's own metric that another one takes the place of.
type undo struct {
	way *Way
	was Way
}

// NewAmender returns an Amender of a metric that is not amended itself.
func NewAmender(t *Topology, m *Metric) *Amender { return &Amender{topology: t, metric: m} }

// Amend returns the metric of weights that differ only for arcs that lead away
// from some nodes.
func (a *Amender) Amend(g Graph, from []uint32, weigh Weigh) *Metric {
	a.open(g)
	a.c.weigh = weigh
	for _, x := range from {
		for _, y := range g.To[g.First[x]:g.First[x+1]] {
			a.dirty.set(max(x, y))
		}
	}
	for x, word := a.dirty.take(len(a.dirty) - 1); word >= 0; x, word = a.dirty.take(word) {
		a.renew(x)
	}
	m := *a.metric
	m.Rise.patch, m.Fall.patch = a.halves[0].patch(a.c), a.halves[1].patch(a.c)
	for _, u := range a.undo {
		*u.way = u.was
	}
	a.undo = a.undo[:0]
	return &m
}

// open brings the ways of the metric into memory.
func (a *Amender) open(g Graph) {
	if a.c != nil {
		return
	}
	c, n := newCustomizer(a.topology, g), a.topology.Nodes()
	c.rise.read(&a.metric.Rise, a.topology.Register)
	c.fall.read(&a.metric.Fall, a.topology.Register)
	a.c, a.dirty = c, newMarks(n)
	a.halves = [2]half{
		{own: &c.rise, other: &c.fall, fan: &a.metric.Rise, loose: newMarks(n)},
		{own: &c.fall, other: &c.rise, fan: &a.metric.Fall, loose: newMarks(n)},
	}
}

// read takes the ways from a fan.
func (s *side) read(f *Fan, register []uint32) {
	lost := f.Lost
	for x := range f.First[1:] {
		k := f.First[x]
		for e := s.First[x]; e < s.First[x+1]; e++ {
			if k < f.First[x+1] && f.Arcs[k].Register == register[s.Head[e]] {
				s.ways[e] = Way{f.Arcs[k].Weight, f.Arcs[k].Extra, f.Mid[k]}
				k++
			} else {
				s.ways[e], lost = lost[0], lost[1:]
			}
		}
	}
}

// renew finds the ways of y's arcs again, and marks what that matters for.
func (a *Amender) renew(y uint32) {
	for i := range a.halves {
		h := &a.halves[i]
		_, ways := h.own.of(y)
		h.old = append(h.old[:0], ways...)
	}
	a.c.improve(y)
	noted := len(a.undo)
	for i := range a.halves {
		if h := &a.halves[i]; a.note(y, h) {
			h.loose.set(y)
			a.loosen(y, h)
		}
	}
	if len(a.undo) > noted {
		a.spread(y)
	}
}

// note keeps the ways that are no longer as they were, and reports whether there
// is any.
func (a *Amender) note(y uint32, h *half) bool {
	before := len(a.undo)
	_, ways := h.own.of(y)
	for i := range ways {
		if ways[i] != h.old[i] {
			a.undo = append(a.undo, undo{&ways[i], h.old[i]})
		}
	}
	return len(a.undo) > before
}

// spread marks the nodes that have an arc of which a way over y is, or was, the
// best.
func (a *Amender) spread(y uint32) {
	ends, up := a.halves[0].own.of(y)
	starts, down := a.halves[1].own.of(y)
	oldUp, oldDown := a.halves[0].old, a.halves[1].old
	for i, s := range starts {
		for j, e := range ends {
			if s == e || up[j] == oldUp[j] && down[i] == oldDown[i] || a.dirty.has(max(s, e)) {
				continue
			}
			w := a.c.between(s, e)
			if down[i].Weight+up[j].Weight <= w || oldDown[i].Weight+oldUp[j].Weight == w {
				a.dirty.set(max(s, e))
			}
		}
	}
}

// between returns the weight of the arc from one node to another.
func (c *customizer) between(from, to uint32) int64 {
	if to < from {
		return c.rise.ways[c.rise.find(from, to)].Weight
	}
	return c.fall.ways[c.fall.find(to, from)].Weight
}

// loosen marks the nodes that have arcs of the same direction to both ends of an
// arc of y that weighs something else now: it may be what another one is lost
// for.
func (a *Amender) loosen(y uint32, changed *half) {
	heads, ways := changed.own.of(y)
	for i, z := range heads {
		if ways[i].Weight != changed.old[i].Weight {
			a.c.bound[z] = Inf
		}
	}
	for i := range a.halves {
		h := &a.halves[i]
		for _, x := range h.own.Tail[h.own.DownFirst[y]:h.own.DownFirst[y+1]] {
			if !h.loose.has(x) && a.c.bounded(h.own, x, y) {
				h.loose.set(x)
			}
		}
	}
	for _, z := range heads {
		a.c.bound[z] = 0
	}
}

// bounded reports whether an upper end of x's arcs, above y, has a bound.
func (c *customizer) bounded(s *side, x, y uint32) bool {
	for _, z := range s.Head[s.First[x]:s.First[x+1]] {
		if z >= y {
			return false
		}
		if c.bound[z] != 0 {
			return true
		}
	}
	return false
}

// patch returns the arcs of the loose nodes that are others now.
func (h *half) patch(c *customizer) *patch {
	p := &patch{marks: make(marks, len(h.loose)), rank: make([]uint32, len(h.loose)), rows: newFan(0, 0)}
	for w, word := range h.loose {
		p.rank[w] = uint32(len(p.rows.First) - 1)
		for ; word != 0; word &= word - 1 {
			h.keep(p, c, uint32(64*w+bits.TrailingZeros64(word)))
		}
	}
	clear(h.loose)
	return p
}

// keep adds the arcs of x to p, unless they are as they were.
func (h *half) keep(p *patch, c *customizer, x uint32) {
	r, f := &p.rows, h.fan
	from, k := len(r.Arcs), len(r.First)
	c.keep(r, x, h.own, h.other)
	r.Lost = r.Lost[:0]
	first, end := f.First[x], f.First[x+1]
	if slices.Equal(r.Arcs[from:], f.Arcs[first:end]) && slices.Equal(r.Mid[from:], f.Mid[first:end]) {
		r.Arcs, r.Mid, r.First = r.Arcs[:from], r.Mid[:from], r.First[:k]
		return
	}
	p.marks.set(x)
}
