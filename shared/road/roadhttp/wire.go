package roadhttp

// Couriers is the body of PUT /v1/couriers.
type Couriers struct {
	Couriers []Courier `json:"couriers"`
}

// Courier is where a courier is, in degrees.
type Courier struct {
	ID  string  `json:"id"`
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

// Traffic is the body of PUT /v1/traffic: all the traffic there is.
type Traffic struct {
	Changes []Change `json:"changes"`
}

// Change is the speed on the road from one OSM node to the next; 0 closes it.
type Change struct {
	From int64    `json:"from"`
	To   int64    `json:"to"`
	KMH  *float64 `json:"kmh"`
}
