package main

// message is one line from the judge. Times are seconds of the day, places are
// metres on a plane.
type message struct {
	Type string `json:"type"`
	start
	decide
}

type start struct {
	MetersPerMinute float64 `json:"meters_per_minute"`
	Rounding        string  `json:"travel_rounding"`
	PickupService   int64   `json:"pickup_service_s"`
	DropoffService  int64   `json:"dropoff_service_s"`
	Target          int64   `json:"target_click_to_door_s"`
	Longest         int64   `json:"max_click_to_door_s"`
	Period          int64   `json:"period_s"`
}

type decide struct {
	Now      int64     `json:"now"`
	Orders   []order   `json:"orders"`
	Couriers []courier `json:"couriers"`
	Events   []happens `json:"events"`
}

type order struct {
	ID         string  `json:"id"`
	Restaurant string  `json:"restaurant"`
	PX         float64 `json:"px"`
	PY         float64 `json:"py"`
	DX         float64 `json:"dx"`
	DY         float64 `json:"dy"`
	Placed     int64   `json:"placed"`
	Ready      int64   `json:"ready"`
	Offered    bool    `json:"offered"`
}

type courier struct {
	ID      string  `json:"id"`
	X       float64 `json:"x"`
	Y       float64 `json:"y"`
	FreeAt  int64   `json:"free_at"`
	Off     int64   `json:"off"`
	Idle    bool    `json:"idle"`
	Offered bool    `json:"offered"`
}

// happens is what became of an offer or a trip since the last round.
type happens struct {
	Kind    string `json:"kind"`
	Courier string `json:"courier"`
	Late    int64  `json:"late_s"`
}

// answer is one line to the judge.
type answer struct {
	Offers []offer `json:"offers"`
}

type offer struct {
	Orders   []string `json:"orders"`
	Couriers []string `json:"couriers"`
	Expires  int64    `json:"expires_s"`
}
