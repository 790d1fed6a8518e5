package profile

import "maps"

// Car follows OSRM's default car.
func Car() Profile {
	return Profile{
		Name: "car",
		Speeds: map[string]float64{
			"motorway": 90, "motorway_link": 45, "trunk": 85, "trunk_link": 40, "primary": 65, "primary_link": 30,
			"secondary": 55, "secondary_link": 25, "tertiary": 40, "tertiary_link": 20,
			"unclassified": 25, "residential": 25, "living_street": 10, "service": 15, "winter_road": 20, "ice_road": 15,
		},
		Routes:         map[string]float64{"ferry": 5, "shuttle_train": 10},
		Bridges:        map[string]float64{"movable": 5},
		OtherKMH:       10,
		Never:          set("steps", "construction", "proposed"),
		Bounds:         roughness(),
		MaxspeedFactor: 0.8,
		Width:          1.9,
		Height:         2,
		Length:         4.8,
		Tons:           2,
		AccessTags:     []string{"motorcar", "motor_vehicle", "vehicle", "access"},
		Denied:         refusals(),
		Restricted:     set("private", "delivery", "destination", "customers", "permit", "residents"),
		Closed: map[string]map[string]bool{
			"oneway": set("reversible"), "impassable": set("yes"), "status": set("impassable"), "service": set("emergency_access"),
			"railway": set("construction"), "smoothness": set("impassable"),
		},
		Works:      set("no", "widening", "minor"),
		OnewayTags: []string{"oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"},
		Pooled:     true,
		Passable: set("cattle_grid", "border_control", "toll_booth", "sally_port", "gate", "lift_gate", "no", "entrance",
			"height_restrictor", "arch"),
		Gates: map[string]float64{"gate": 60, "lift_gate": 60},
		Appeals: map[string]map[string]uint8{
			"service":   {"alley": 50, "parking": 50, "parking_aisle": 50, "driveway": 50, "drive-through": 50, "drive-thru": 50},
			"oneway":    {"alternating": 40},
			"side_road": {"yes": 80, "rotary": 80},
		},
		Narrow:     50,
		Unmarked:   75,
		Signs:      signs(),
		Turns:      Turns{Seconds: 7.5, Bias: 1.075, UTurnSeconds: 20},
		Exceptions: []string{"motorcar", "motor_vehicle", "vehicle"},
	}
}

// Moped is a light two-wheeler: never over 45 km/h, on no motorway.
func Moped() Profile {
	p := Car()
	p.Name = "moped"
	p.Width, p.Height, p.Length, p.Tons = 0.8, 0, 0, 0
	p.Pooled = false
	p.Speeds = maps.Clone(p.Speeds)
	for highway, kmh := range p.Speeds {
		p.Speeds[highway] = min(kmh, 40)
	}
	delete(p.Speeds, "motorway")
	delete(p.Speeds, "motorway_link")
	p.MaxspeedOnlyLowers = true
	p.AccessTags = []string{"moped", "motorcycle", "motor_vehicle", "vehicle", "access"}
	p.OnewayTags = []string{"oneway:moped", "oneway:motorcycle", "oneway:motor_vehicle", "oneway:vehicle", "oneway"}
	p.Closed["motorroad"] = set("yes")
	p.Turns = Turns{Seconds: 5, Bias: 1.075, UTurnSeconds: 10}
	p.Exceptions = []string{"moped", "motorcycle", "motor_vehicle", "vehicle"}
	return p
}

// Bicycle rides on roads and paths, and pushes on footways.
func Bicycle() Profile {
	opposite := set("opposite", "opposite_lane", "opposite_track")
	return Profile{
		Name: "bicycle",
		Speeds: map[string]float64{
			"cycleway": 15, "primary": 15, "primary_link": 15, "secondary": 15, "secondary_link": 15, "tertiary": 15,
			"tertiary_link": 15, "residential": 15, "unclassified": 15, "living_street": 15, "road": 15, "service": 15,
			"track": 12, "path": 13, "pedestrian": 6, "footway": 5, "steps": 2,
		},
		Routes:     map[string]float64{"ferry": 5},
		Bounds:     map[string]map[string]float64{"surface": {"cobblestone": 7, "sett": 10, "gravel": 6, "sand": 3, "mud": 3, "dirt": 6, "earth": 6, "ground": 6, "grass": 6}},
		AccessTags: []string{"bicycle", "vehicle", "access"},
		Denied:     set("no", "agricultural", "forestry", "emergency", "psv"),
		Restricted: set("private", "delivery", "destination", "customers"),
		Closed:     map[string]map[string]bool{"motorroad": set("yes"), "bicycle": set("use_sidepath")},
		OnewayTags: []string{"oneway:bicycle", "oneway"},
		Against:    map[string]map[string]bool{"cycleway": opposite, "cycleway:left": opposite, "cycleway:right": opposite, "cycleway:both": opposite},
		Passable:   set("cattle_grid", "border_control", "toll_booth", "sally_port", "gate", "lift_gate", "no", "entrance", "bollard", "cycle_barrier", "block"),
		Signs:      signs(),
		Turns:      Turns{Seconds: 6, Bias: 1.4, UTurnSeconds: 20},
		Exceptions: []string{"bicycle", "vehicle"},
	}
}

// Foot walks everywhere but on motorways.
func Foot() Profile {
	p := Profile{
		Name:       "foot",
		Speeds:     map[string]float64{},
		Routes:     map[string]float64{"ferry": 5},
		Bounds:     map[string]map[string]float64{"surface": {"fine_gravel": 3.75, "gravel": 3.75, "pebblestone": 3.75, "mud": 2.5, "sand": 2.5}},
		AccessTags: []string{"foot", "access"},
		Denied:     set("no", "agricultural", "forestry", "emergency", "psv"),
		Restricted: set("private", "delivery", "destination", "customers"),
		Signs:      map[string]float64{"traffic_signals": 2},
		Turns:      Turns{AnyUTurn: true},
	}
	for _, highway := range []string{
		"primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential",
		"road", "living_street", "service", "track", "path", "steps", "pedestrian", "footway", "pier",
	} {
		p.Speeds[highway] = 5
	}
	return p
}

// Simple is the exact model of the golden distances.
func Simple() Profile {
	p := Profile{
		Name:       "simple",
		Speeds:     Car().Speeds,
		AccessTags: []string{"motorcar", "motor_vehicle", "vehicle", "access"},
		Denied:     set("no", "private", "agricultural", "forestry", "emergency", "psv"),
		OnewayTags: []string{"oneway"},
		Turns:      Turns{AnyUTurn: true},
		Vertices:   true,
	}
	delete(p.Speeds, "winter_road")
	delete(p.Speeds, "ice_road")
	return p
}

// roughness is how fast bad ground lets one drive, in km/h.
func roughness() map[string]map[string]float64 {
	return map[string]map[string]float64{
		"surface": {
			"cement": 80, "compacted": 80, "fine_gravel": 80, "paving_stones": 60, "metal": 60, "bricks": 60,
			"grass": 40, "wood": 40, "sett": 40, "grass_paver": 40, "gravel": 40, "unpaved": 40, "ground": 40, "dirt": 40,
			"pebblestone": 40, "tartan": 40, "cobblestone": 30, "clay": 30, "snow": 30, "earth": 20, "stone": 20, "rocky": 20,
			"sand": 20, "ice": 20, "laterite": 15, "mud": 10,
		},
		"tracktype":  {"grade1": 60, "grade2": 40, "grade3": 30, "grade4": 25, "grade5": 20},
		"smoothness": {"intermediate": 80, "bad": 40, "very_bad": 20, "horrible": 10, "very_horrible": 5},
	}
}

// refusals are the values of access that are for others.
func refusals() map[string]bool {
	return set("no", "agricultural", "forestry", "emergency", "emergency_vehicle", "psv", "taxi", "share_taxi", "minibus", "bus",
		"foot", "restricted", "military", "official")
}

func signs() map[string]float64 {
	return map[string]float64{"traffic_signals": 2, "stop": 2, "give_way": 1}
}

func set(values ...string) map[string]bool {
	m := make(map[string]bool, len(values))
	for _, v := range values {
		m[v] = true
	}
	return m
}
