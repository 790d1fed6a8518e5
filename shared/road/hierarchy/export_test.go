package hierarchy

// Kept returns the arcs of a node in both directions, and what they lead over.
func (m *Metric) Kept(x uint32) (arcs []Arc, mids []uint32) {
	for _, f := range []*Fan{&m.Rise, &m.Fall} {
		g, i := f.at(x)
		arcs = append(arcs, g.Arcs[g.First[i]:g.First[i+1]]...)
		mids = append(mids, g.Mid[g.First[i]:g.First[i+1]]...)
	}
	return arcs, mids
}
