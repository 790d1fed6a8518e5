package profile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

func TestWays(t *testing.T) {
	lane := func(kmh float64) profile.Lane { return profile.Lane{KMH: kmh, Appeal: 100} }
	restricted := profile.Lane{KMH: 15, Restricted: true, Appeal: 100}
	tests := map[string]struct {
		vehicle           string
		tags              osm.Tags
		forward, backward profile.Lane
	}{
		"a street":                              {"car", osm.Tags{"highway", "residential"}, lane(25), lane(25)},
		"a path is none for cars":               {"car", osm.Tags{"highway", "path"}, lane(0), lane(0)},
		"a limit is driven at four fifths":      {"car", osm.Tags{"highway", "residential", "maxspeed", "50"}, lane(40), lane(40)},
		"a limit in miles":                      {"car", osm.Tags{"highway", "primary", "maxspeed", "30 mph"}, lane(30 * 1.609 * 0.8), lane(30 * 1.609 * 0.8)},
		"a limit by zone":                       {"car", osm.Tags{"highway", "primary", "maxspeed", "MT:urban"}, lane(40), lane(40)},
		"a limit one way":                       {"car", osm.Tags{"highway", "primary", "maxspeed:backward", "20"}, lane(65), lane(16)},
		"cobbles slow whatever the limit":       {"car", osm.Tags{"highway", "primary", "maxspeed", "80", "surface", "cobblestone"}, lane(30), lane(30)},
		"a oneway":                              {"car", osm.Tags{"highway", "residential", "oneway", "yes"}, lane(25), lane(0)},
		"a oneway against its nodes":            {"car", osm.Tags{"highway", "residential", "oneway", "-1"}, lane(0), lane(25)},
		"a roundabout":                          {"car", osm.Tags{"highway", "tertiary", "junction", "roundabout"}, lane(40), lane(0)},
		"a motorway for both":                   {"car", osm.Tags{"highway", "motorway", "oneway", "no"}, lane(90), lane(90)},
		"a reversible way":                      {"car", osm.Tags{"highway", "residential", "oneway", "reversible"}, lane(0), lane(0)},
		"a private way is for its ends":         {"car", osm.Tags{"highway", "service", "access", "private"}, restricted, restricted},
		"the nearest access tag counts":         {"car", osm.Tags{"highway", "service", "access", "no", "motorcar", "yes"}, lane(15), lane(15)},
		"a way that is too narrow":              {"car", osm.Tags{"highway", "service", "width", "1.5 m"}, lane(0), lane(0)},
		"a passage that is too low":             {"car", osm.Tags{"highway", "service", "maxheight", `6'3"`}, lane(0), lane(0)},
		"a square":                              {"car", osm.Tags{"highway", "service", "area", "yes"}, lane(0), lane(0)},
		"bicycles may go against a oneway":      {"bicycle", osm.Tags{"highway", "residential", "oneway", "yes", "oneway:bicycle", "no"}, lane(15), lane(15)},
		"mopeds are no faster than 40":          {"moped", osm.Tags{"highway", "primary", "maxspeed", "80"}, lane(40), lane(40)},
		"mopeds stay off motorways":             {"moped", osm.Tags{"highway", "motorway"}, lane(0), lane(0)},
		"oneways are nothing to those who walk": {"foot", osm.Tags{"highway", "residential", "oneway", "yes"}, lane(5), lane(5)},
		"the simple model reads no limit":       {"simple", osm.Tags{"highway", "primary", "maxspeed", "30", "surface", "mud"}, lane(65), lane(65)},
		"the simple model shuts private ways":   {"simple", osm.Tags{"highway", "service", "access", "private"}, lane(0), lane(0)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := profile.Named(test.vehicle)
			require.NoError(t, err)
			forward, backward := p.Way(test.tags)
			for _, lane := range []struct{ want, got profile.Lane }{{test.forward, forward}, {test.backward, backward}} {
				require.InDelta(t, lane.want.KMH, lane.got.KMH, 1e-9)
				if lane.want.KMH > 0 {
					require.Equal(t, lane.want.Restricted, lane.got.Restricted)
				}
			}
		})
	}
}

func TestNodes(t *testing.T) {
	car := profile.Car()
	tests := map[string]struct {
		tags osm.Tags
		want profile.Spot
	}{
		"a signal":                 {osm.Tags{"highway", "traffic_signals"}, profile.Spot{Seconds: 2}},
		"a gate has to be opened":  {osm.Tags{"barrier", "gate"}, profile.Spot{Seconds: 60}},
		"a gate with its own rule": {osm.Tags{"barrier", "gate", "access", "private"}, profile.Spot{}},
		"a gate that is shut":      {osm.Tags{"barrier", "gate", "access", "no"}, profile.Spot{Blocked: true}},
		"a bollard":                {osm.Tags{"barrier", "bollard"}, profile.Spot{Blocked: true}},
		"a bollard that sinks":     {osm.Tags{"barrier", "bollard", "bollard", "rising"}, profile.Spot{}},
		"a toll booth":             {osm.Tags{"barrier", "toll_booth"}, profile.Spot{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, car.Node(test.tags)) })
	}
}

func TestTurns(t *testing.T) {
	car := profile.Car().Turns
	require.Zero(t, car.Cost(90, 2, false), "a bend is no turn")
	require.Less(t, car.Cost(0, 3, false), 0.1, "straight on is nearly free")
	require.Less(t, car.Cost(90, 3, false), car.Cost(-90, 3, false), "across the traffic is dearer")
	require.Greater(t, car.Cost(180, 1, true), 20.0, "turning round takes its time")
}

func TestAnUnknownVehicleIsAnError(t *testing.T) {
	_, err := profile.Named("tank")
	require.ErrorIs(t, err, profile.ErrUnknown)
	require.ErrorContains(t, err, "bicycle")
}
