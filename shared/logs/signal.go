package logs

// The attributes of records that Cloud Monitoring counts: see [Signals].
const (
	Unassigned = "unassigned" // true: an order has found no courier
	Stale      = "stale"      // how many catalogues are older than their settings allow
	Repaired   = "repaired"   // how much of what a crash had left was finished
)

// The signals that this package gives itself.
const (
	slow    = "slow"    // true: an operation took longer than its class may
	dropped = "dropped" // how many records were lost
)

// Signals are what Terraform's metrics find records by: the field slow, and
// attributes outside of any group. Its tests hold its filters to them.
func Signals() []string { return []string{slow, Unassigned, Stale, dropped, Repaired} }
