package network_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/road/network"
	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

// line is a road through the nodes 1, 2, 3, …, each 100 m further, with a node's
// tags.
func line(tags osm.Tags, nodes ...osm.Node) func(osm.Visitor) error {
	return func(v osm.Visitor) error {
		w := osm.Way{ID: 1, Tags: tags}
		for _, n := range nodes {
			w.Refs = append(w.Refs, n.ID)
			if v.Node != nil {
				if err := v.Node(n); err != nil {
					return err
				}
			}
		}
		if v.Way != nil {
			return v.Way(w)
		}
		return nil
	}
}

func node(id int64, metres float64, tags ...string) osm.Node {
	return osm.Node{ID: id, Lat: int32(metres * 90), Tags: tags}
}

// Those who come along the nodes, and those who come against them, wait for what
// they see.
func TestSignsDelayThoseTheyFace(t *testing.T) {
	tests := map[string]struct {
		metres         float64 // from the first junction
		tags           osm.Tags
		along, against uint32 // ms
	}{
		"nothing":                       {100, nil, 0, 0},
		"a signal":                      {100, osm.Tags{"highway", "traffic_signals"}, 2000, 2000},
		"a signal for one side":         {100, osm.Tags{"highway", "traffic_signals", "traffic_signals:direction", "backward"}, 0, 2000},
		"a sign to give way":            {100, osm.Tags{"highway", "give_way", "direction", "forward"}, 1000, 0},
		"a stop sign far from both":     {100, osm.Tags{"highway", "stop"}, 2000, 2000},
		"a stop sign next to one end":   {190, osm.Tags{"highway", "stop"}, 2000, 0},
		"a stop sign next to the other": {10, osm.Tags{"highway", "stop"}, 0, 2000},
		"a stop sign that knows better": {10, osm.Tags{"highway", "stop", "direction", "both"}, 2000, 2000},
		"a stop of minor roads alone":   {100, osm.Tags{"highway", "stop", "stop", "minor"}, 0, 0},
		"a gate":                        {100, osm.Tags{"barrier", "gate"}, 60_000, 60_000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plain, err := network.Build(line(osm.Tags{"highway", "residential"}, node(1, 0), node(2, test.metres), node(3, 200)), profile.Car())
			require.NoError(t, err)
			signed, err := network.Build(line(osm.Tags{"highway", "residential"}, node(1, 0), node(2, test.metres, test.tags...), node(3, 200)), profile.Car())
			require.NoError(t, err)
			require.Equal(t, plain.MM, signed.MM)
			require.Equal(t, []uint32{plain.Fwd[0], plain.Fwd[1] + test.along, plain.Fwd[2] + test.along}, signed.Fwd, "along")
			require.Equal(t, []uint32{plain.Bwd[0], plain.Bwd[1], plain.Bwd[2] + test.against}, signed.Bwd, "against")
		})
	}
}

func TestAFerryTakesTheTimeOfItsSchedule(t *testing.T) {
	n, err := network.Build(line(osm.Tags{"route", "ferry", "duration", "00:15"}, node(1, 0), node(2, 300), node(3, 900)), profile.Car())
	require.NoError(t, err)
	require.Equal(t, []uint32{0, 300_000, 900_000}, n.Fwd)
	require.Equal(t, n.Fwd, n.Bwd)
	require.Equal(t, []bool{true}, n.Transit)
}

// cross is a crossing at node 5 of a road from 1 to 2 and a slower one from 3 to 4.
func cross(tags ...string) func(osm.Visitor) error {
	nodes := []osm.Node{
		{ID: 1, Lng: -9000}, {ID: 2, Lng: 9000}, {ID: 3, Lat: -9000}, {ID: 4, Lat: 9000}, {ID: 5, Tags: tags},
	}
	return func(v osm.Visitor) error {
		for _, n := range nodes {
			if v.Node != nil {
				if err := v.Node(n); err != nil {
					return err
				}
			}
		}
		if v.Way == nil {
			return nil
		}
		if err := v.Way(osm.Way{ID: 1, Refs: []int64{1, 5, 2}, Tags: osm.Tags{"highway", "primary"}}); err != nil {
			return err
		}
		return v.Way(osm.Way{ID: 2, Refs: []int64{3, 5, 4}, Tags: osm.Tags{"highway", "residential"}})
	}
}

// turns returns the milliseconds of all turns at node 5, by where one comes from
// and goes to.
func turns(n *network.Network) map[[2]int64]uint32 {
	tip := func(lane uint32, end bool) int64 {
		if end == (lane%2 == 0) {
			return n.Node[n.First[lane/2+1]-1]
		}
		return n.Node[n.First[lane/2]]
	}
	found := make(map[[2]int64]uint32)
	for a, lane := range n.Lanes {
		for i := n.TurnFirst[a]; i < n.TurnFirst[a+1]; i++ {
			if tip(lane, true) == 5 {
				found[[2]int64{tip(lane, false), tip(n.Lanes[n.TurnTo[i]], true)}] = n.TurnCost[i]
			}
		}
	}
	return found
}

func TestSignsAtAJunctionDelayItsTurns(t *testing.T) {
	build := func(tags ...string) map[[2]int64]uint32 {
		n, err := network.Build(cross(tags...), profile.Car())
		require.NoError(t, err)
		return turns(n)
	}
	plain, all, minor := build(), build("highway", "stop", "direction", "both"), build("highway", "stop", "stop", "minor")
	require.Len(t, plain, 12, "nobody turns round")
	for from := range plain {
		require.Equal(t, plain[from]+2000, all[from], "%d", from)
		wait := uint32(0)
		if from[0] > 2 {
			wait = 2000
		}
		require.Equal(t, plain[from]+wait, minor[from], "%d", from)
	}
	require.Len(t, build("highway", "mini_roundabout"), 16, "one may turn round")
	require.Len(t, build("barrier", "bollard"), 4, "one has to")
}
