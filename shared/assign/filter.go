package assign

import (
	"slices"
	"time"
)

// Reason is a filter that a courier did not pass.
type Reason string

// The filters, in the sequence in which they are asked.
const (
	Offline       Reason = "offline"
	StalePosition Reason = "stale_position"
	OtherZone     Reason = "zone"
	NotPinned     Reason = "pinned_to_another"
	HoldsOffer    Reason = "holds_offer"
	Declined      Reason = "declined_before"
	WrongVehicle  Reason = "vehicle"
	LacksSkill    Reason = "skills"
	NoCapacity    Reason = "capacity"
	CashLimit     Reason = "cash_limit"
	Busy          Reason = "busy"
	ShiftEnds     Reason = "shift"
	TooLate       Reason = "too_late"
)

// filter returns why courier c may not be asked to carry order o, or nothing.
// What depends on times on the road is not among it.
func filter(o *Order, c *Courier, now time.Time, cfg *Config) Reason {
	switch {
	case !c.Online:
		return Offline
	case !c.Seen.IsZero() && now.Sub(c.Seen) > cfg.Stale:
		return StalePosition
	case o.Zone != c.Zone:
		return OtherZone
	case o.Pinned != "" && o.Pinned != c.ID:
		return NotPinned
	case c.Offered:
		return HoldsOffer
	case o.declinedBy(c.ID, now.Add(-cfg.AskAgain)):
		return Declined
	case len(o.Needs.Vehicles) > 0 && !slices.Contains(o.Needs.Vehicles, c.Vehicle):
		return WrongVehicle
	case !hasAll(c.Skills, o.Needs.Skills):
		return LacksSkill
	case !c.fits(o.Needs.size()):
		return NoCapacity
	case c.CashLimit > 0 && c.Cash+o.Needs.Cash > c.CashLimit:
		return CashLimit
	case c.FreeAt.Sub(now) > cfg.Soon:
		return Busy
	}
	return ""
}

// declinedBy reports whether the courier has refused the order since then.
func (o *Order) declinedBy(courier string, since time.Time) bool {
	return slices.ContainsFunc(o.Declined, func(r Refusal) bool {
		return r.Courier == courier && r.At.After(since)
	})
}

func (c *Courier) fits(size int) bool { return c.Capacity == 0 || c.Load+size <= c.Capacity }

func hasAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}
