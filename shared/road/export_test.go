package road

import "lastmile/shared/road/network"

// Network returns the network as the map has numbered it.
func (m *Map) Network() *network.Network { return &m.network }

// AtPoint returns the place of a point of the network, on its own road.
func (m *Map) AtPoint(i int) Place {
	p := Place{Point: degrees(m.network.Lat[i], m.network.Lng[i])}
	p.segment, p.share = m.spot(uint32(i))
	return p
}
