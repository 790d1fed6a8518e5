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
		"a street":                               {"car", osm.Tags{"highway", "residential"}, lane(25), lane(25)},
		"a path is none for cars":                {"car", osm.Tags{"highway", "path"}, lane(0), lane(0)},
		"a limit is driven at four fifths":       {"car", osm.Tags{"highway", "residential", "maxspeed", "50"}, lane(40), lane(40)},
		"a limit in miles":                       {"car", osm.Tags{"highway", "primary", "maxspeed", "30 mph"}, lane(30 * 1.609 * 0.8), lane(30 * 1.609 * 0.8)},
		"a limit by zone":                        {"car", osm.Tags{"highway", "primary", "maxspeed", "MT:urban"}, lane(40), lane(40)},
		"a limit one way":                        {"car", osm.Tags{"highway", "primary", "maxspeed:backward", "20"}, lane(65), lane(16)},
		"cobbles slow whatever the limit":        {"car", osm.Tags{"highway", "primary", "maxspeed", "80", "surface", "cobblestone"}, lane(30), lane(30)},
		"a oneway":                               {"car", osm.Tags{"highway", "residential", "oneway", "yes"}, lane(25), lane(0)},
		"a oneway against its nodes":             {"car", osm.Tags{"highway", "residential", "oneway", "-1"}, lane(0), lane(25)},
		"a roundabout":                           {"car", osm.Tags{"highway", "tertiary", "junction", "roundabout"}, lane(40), lane(0)},
		"a motorway for both":                    {"car", osm.Tags{"highway", "motorway", "oneway", "no"}, lane(90), lane(90)},
		"a reversible way":                       {"car", osm.Tags{"highway", "residential", "oneway", "reversible"}, lane(0), lane(0)},
		"a private way is for its ends":          {"car", osm.Tags{"highway", "service", "access", "private"}, restricted, restricted},
		"the nearest access tag counts":          {"car", osm.Tags{"highway", "service", "access", "no", "motorcar", "yes"}, lane(15), lane(15)},
		"a way that is too narrow":               {"car", osm.Tags{"highway", "service", "width", "1.5 m"}, lane(0), lane(0)},
		"a passage that is too low":              {"car", osm.Tags{"highway", "service", "maxheight", `6'3"`}, lane(0), lane(0)},
		"a square":                               {"car", osm.Tags{"highway", "service", "area", "yes"}, lane(0), lane(0)},
		"a limit by the rule of a country":       {"car", osm.Tags{"highway", "primary", "source:maxspeed", "DE:rural"}, lane(80), lane(80)},
		"a living street keeps its own speed":    {"car", osm.Tags{"highway", "living_street", "maxspeed", "MT:living_street"}, lane(10), lane(10)},
		"an advice counts before the limit":      {"car", osm.Tags{"highway", "primary", "maxspeed", "80", "maxspeed:advisory", "50"}, lane(40), lane(40)},
		"no limit is 140":                        {"car", osm.Tags{"highway", "motorway", "maxspeed", "none"}, lane(112), lane(0)},
		"a oneway for motorcars":                 {"car", osm.Tags{"highway", "residential", "oneway", "no", "oneway:motorcar", "yes"}, lane(25), lane(0)},
		"access one way":                         {"car", osm.Tags{"highway", "residential", "motor_vehicle:backward", "no"}, lane(25), lane(0)},
		"of several accesses the kindest":        {"car", osm.Tags{"highway", "residential", "access", "no;permissive"}, lane(25), lane(25)},
		"a barracks":                             {"car", osm.Tags{"highway", "service", "access", "military"}, lane(0), lane(0)},
		"a track that is opened":                 {"car", osm.Tags{"highway", "track", "motor_vehicle", "permissive"}, lane(10), lane(10)},
		"a private track is none":                {"car", osm.Tags{"highway", "track", "motor_vehicle", "private"}, lane(0), lane(0)},
		"a road that is being built":             {"car", osm.Tags{"highway", "construction", "access", "yes"}, lane(0), lane(0)},
		"a road that is being dug up":            {"car", osm.Tags{"highway", "primary", "construction", "trunk"}, lane(0), lane(0)},
		"a road that is being widened":           {"car", osm.Tags{"highway", "primary", "construction", "widening"}, lane(65), lane(65)},
		"a bridge that moves":                    {"car", osm.Tags{"highway", "primary", "bridge", "movable"}, lane(5), lane(5)},
		"a road for light vehicles":              {"car", osm.Tags{"highway", "service", "maxweight", "1.5"}, lane(0), lane(0)},
		"a weight in kilograms":                  {"car", osm.Tags{"highway", "service", "maxweight", "3500 kg"}, lane(15), lane(15)},
		"a height one way":                       {"car", osm.Tags{"highway", "service", "maxheight:backward", "1.8"}, lane(15), lane(0)},
		"lanes for full cars only":               {"car", osm.Tags{"highway", "service", "hov:lanes", "designated|designated"}, restricted, restricted},
		"one lane for full cars":                 {"car", osm.Tags{"highway", "service", "hov:lanes", "|designated"}, lane(15), lane(15)},
		"bicycles may go against a lane's arrow": {"bicycle", osm.Tags{"highway", "residential", "oneway", "yes", "cycleway", "opposite_lane"}, lane(15), lane(15)},
		"bicycles may go against a oneway":       {"bicycle", osm.Tags{"highway", "residential", "oneway", "yes", "oneway:bicycle", "no"}, lane(15), lane(15)},
		"mopeds are no faster than 40":           {"moped", osm.Tags{"highway", "primary", "maxspeed", "80"}, lane(40), lane(40)},
		"mopeds stay off motorways":              {"moped", osm.Tags{"highway", "motorway"}, lane(0), lane(0)},
		"oneways are nothing to those who walk":  {"foot", osm.Tags{"highway", "residential", "oneway", "yes"}, lane(5), lane(5)},
		"the simple model reads no limit":        {"simple", osm.Tags{"highway", "primary", "maxspeed", "30", "surface", "mud"}, lane(65), lane(65)},
		"those who walk go round both ways":      {"foot", osm.Tags{"highway", "residential", "junction", "roundabout"}, lane(5), lane(5)},
		"the simple model shuts private ways":    {"simple", osm.Tags{"highway", "service", "access", "private"}, lane(0), lane(0)},
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
		"a signal":                 {osm.Tags{"highway", "traffic_signals"}, profile.Spot{Sign: profile.Sign{Seconds: 2}}},
		"a signal for one side":    {osm.Tags{"highway", "traffic_signals", "traffic_signals:direction", "forward", "direction", "both"}, profile.Spot{Sign: profile.Sign{Seconds: 2, Forward: true}}},
		"a stop sign":              {osm.Tags{"highway", "stop"}, profile.Spot{Sign: profile.Sign{Seconds: 2, Unsure: true}}},
		"a stop sign for one side": {osm.Tags{"highway", "stop", "direction", "backward"}, profile.Spot{Sign: profile.Sign{Seconds: 2, Backward: true}}},
		"a stop sign for both":     {osm.Tags{"highway", "stop", "direction", "both"}, profile.Spot{Sign: profile.Sign{Seconds: 2}}},
		"stop on the minor road":   {osm.Tags{"highway", "stop", "stop", "minor"}, profile.Spot{Sign: profile.Sign{Seconds: 2, Minor: true}}},
		"give way":                 {osm.Tags{"highway", "give_way"}, profile.Spot{Sign: profile.Sign{Seconds: 1}}},
		"room to turn round":       {osm.Tags{"highway", "turning_circle"}, profile.Spot{Turning: true}},
		"a low barrier":            {osm.Tags{"barrier", "height_restrictor", "maxheight", "1.9"}, profile.Spot{Blocked: true}},
		"a barrier that is no low": {osm.Tags{"barrier", "height_restrictor", "maxheight", "2.1"}, profile.Spot{}},
		"a kerb":                   {osm.Tags{"barrier", "kerb"}, profile.Spot{Blocked: true}},
		"a kerb that is lowered":   {osm.Tags{"barrier", "kerb", "kerb", "lowered"}, profile.Spot{}},
		"a fence that only beeps":  {osm.Tags{"barrier", "fence", "sensory", "audible"}, profile.Spot{}},
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

func TestFerriesTakeTheirTime(t *testing.T) {
	car := profile.Car()
	for value, seconds := range map[string]float64{
		"90": 5400, "1:30": 5400, "01:30:30": 5430, "PT1H30M": 5400, "PT45S": 45, "": 0, "soon": 0, "1:2:3:4": 0, "PT": 0, "PT5": 0, "99:00": 0,
	} {
		forward, backward := car.Way(osm.Tags{"route", "ferry", "duration", value})
		require.Equal(t, profile.Lane{KMH: 5, Seconds: seconds, Transit: true, Appeal: 100}, forward, value)
		require.Equal(t, forward, backward)
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
