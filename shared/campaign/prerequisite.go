package campaign

// Facts are what is known of a shop when a campaign is to run there.
type Facts struct {
	Shop     bool   // it has a profile
	Currency string // of the shop; empty if unknown
	Items    int    // that can be ordered; counted no further than some
	Fee      bool   // its delivery has a fee
	Listed   int    // items of the campaign
}

// requirement is one thing that a kind needs.
type requirement struct {
	name, remedy string

	// late is what only a campaign that is published needs.
	late bool
	met  func(Facts, Terms) bool
}

var (
	profile = requirement{
		name: "profile", remedy: "set up the shop first",
		met: func(f Facts, _ Terms) bool { return f.Shop },
	}
	sellable = requirement{
		name: "items", remedy: "the shop needs an item that can be ordered: sync its catalogue",
		met: func(f Facts, _ Terms) bool { return f.Items > 0 },
	}
	listing = requirement{
		name: "listed items", remedy: "add the items of the sale", late: true,
		met: func(f Facts, _ Terms) bool { return f.Listed > 0 },
	}
	sameCurrency = requirement{
		name: "currency", remedy: "use the currency of the shop",
		met: func(f Facts, t Terms) bool { return t.Currency == "" || t.Currency == f.Currency },
	}
	deliveryFee = requirement{
		name: "delivery fee", remedy: "delivery is free already: give the shop's zone a fee",
		met: func(f Facts, _ Terms) bool { return f.Fee },
	}
)

// Prerequisite is one thing that a campaign needs, and whether it is there.
type Prerequisite struct {
	Name   string `json:"name"`
	Met    bool   `json:"met"`
	Remedy string `json:"remedy,omitempty"` // where it is not met
}

// Prerequisites are all that a published campaign of the kind needs.
func (k Kind) Prerequisites(t Terms, f Facts) []Prerequisite {
	var ps []Prerequisite
	for _, r := range kinds[k].requires {
		p := Prerequisite{Name: r.name, Met: r.met(f, t)}
		if !p.Met {
			p.Remedy = r.remedy
		}
		ps = append(ps, p)
	}
	return ps
}

// Require returns nil or, as a [*MissingError], all that a draft or a published
// campaign lacks.
func (k Kind) Require(t Terms, f Facts, published bool) error {
	missing := &MissingError{Kind: k}
	for _, r := range kinds[k].requires {
		if !r.met(f, t) && (published || !r.late) {
			missing.Missing = append(missing.Missing, Prerequisite{Name: r.name, Remedy: r.remedy})
		}
	}
	if len(missing.Missing) == 0 {
		return nil
	}
	return missing
}
