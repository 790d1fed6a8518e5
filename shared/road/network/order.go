package network

// Renumber puts chains into another order: order[i] is the chain that becomes i.
// Arcs follow their chains, so that both are near what is near them in the order.
func (n *Network) Renumber(order []uint32) *Network {
	out := &Network{First: []uint32{0}, TurnFirst: []uint32{0}, Junctions: n.Junctions}
	arcs := make([]uint32, len(n.Lanes)) // the new number of each arc
	var old []uint32                     // and the old one
	for i, c := range order {
		from, to := n.First[c], n.First[c+1]
		out.Lat, out.Lng = append(out.Lat, n.Lat[from:to]...), append(out.Lng, n.Lng[from:to]...)
		out.Node, out.MM = append(out.Node, n.Node[from:to]...), append(out.MM, n.MM[from:to]...)
		out.Fwd, out.Bwd = append(out.Fwd, n.Fwd[from:to]...), append(out.Bwd, n.Bwd[from:to]...)
		for range to - from {
			out.Chain = append(out.Chain, uint32(i))
		}
		out.First = append(out.First, uint32(len(out.Lat)))
		out.Ends, out.Appeal, out.Transit = append(out.Ends, n.Ends[c]), append(out.Appeal, n.Appeal[c]), append(out.Transit, n.Transit[c])
		for direction := range uint32(2) {
			out.Arcs = append(out.Arcs, None)
			from, to := n.On(2*c + direction)
			if from < to {
				out.Arcs[2*uint32(i)+direction] = uint32(len(old))
			}
			for a := from; a < to; a++ {
				arcs[a] = uint32(len(old))
				old, out.Lanes = append(old, a), append(out.Lanes, 2*uint32(i)+direction)
			}
		}
	}
	for _, a := range old {
		for t := n.TurnFirst[a]; t < n.TurnFirst[a+1]; t++ {
			out.TurnTo, out.TurnCost = append(out.TurnTo, arcs[n.TurnTo[t]]), append(out.TurnCost, n.TurnCost[t])
		}
		out.TurnFirst = append(out.TurnFirst, uint32(len(out.TurnTo)))
	}
	return out
}

// Places returns where the junctions are, in 1e-7 degree.
func (n *Network) Places() (lat, lng []int32) {
	lat, lng = make([]int32, len(n.Junctions)), make([]int32, len(n.Junctions))
	for c, ends := range n.Ends {
		first, last := n.First[c], n.First[c+1]-1
		lat[ends[0]], lng[ends[0]] = n.Lat[first], n.Lng[first]
		lat[ends[1]], lng[ends[1]] = n.Lat[last], n.Lng[last]
	}
	return lat, lng
}

// Paces returns the time that each chain takes, in its faster direction, in
// microseconds a metre.
func (n *Network) Paces() []uint32 {
	paces := make([]uint32, len(n.Ends))
	for c := range paces {
		last := n.First[c+1] - 1
		ms := max(n.Fwd[last], n.Bwd[last])
		if n.Arcs[2*c] != None && n.Arcs[2*c+1] != None {
			ms = min(n.Fwd[last], n.Bwd[last])
		}
		paces[c] = uint32(uint64(ms) * 1_000_000 / uint64(max(1, n.MM[last])))
	}
	return paces
}

// Mainland returns for each lane whether one of its arcs belongs to the largest
// part of the network in which everything can be reached from everywhere, by
// points.
func (n *Network) Mainland() []bool {
	part, sizes := n.parts()
	largest := 0
	for i, size := range sizes {
		if size > sizes[largest] {
			largest = i
		}
	}
	main := make([]bool, len(n.Arcs))
	for a, lane := range n.Lanes {
		main[lane] = main[lane] || part[a] == uint32(largest)
	}
	return main
}

// parts finds the strongly connected components of the arcs, by Tarjan's
// algorithm without recursion.
func (n *Network) parts() (part []uint32, sizes []int) {
	count := len(n.Lanes)
	part, low, index := make([]uint32, count), make([]uint32, count), make([]uint32, count)
	next := append([]uint32(nil), n.TurnFirst[:count]...)
	var open, calls []uint32
	for a := range part {
		part[a] = None
	}
	counter := uint32(0)
	enter := func(a uint32) {
		counter++
		index[a], low[a] = counter, counter
		open, calls = append(open, a), append(calls, a)
	}
	leave := func(a uint32) {
		if low[a] != index[a] {
			return
		}
		size := 0
		for {
			b := open[len(open)-1]
			open = open[:len(open)-1]
			part[b] = uint32(len(sizes))
			c := n.Lanes[b] / 2
			size += int(n.First[c+1] - n.First[c])
			if b == a {
				break
			}
		}
		sizes = append(sizes, size)
	}
	for root := range uint32(count) {
		if index[root] != 0 {
			continue
		}
		enter(root)
		for len(calls) > 0 {
			a := calls[len(calls)-1]
			if next[a] == n.TurnFirst[a+1] {
				calls = calls[:len(calls)-1]
				leave(a)
				if len(calls) > 0 {
					caller := calls[len(calls)-1]
					low[caller] = min(low[caller], low[a])
				}
				continue
			}
			b := n.TurnTo[next[a]]
			next[a]++
			if index[b] == 0 {
				enter(b)
			} else if part[b] == None {
				low[a] = min(low[a], index[b])
			}
		}
	}
	return part, sizes
}
