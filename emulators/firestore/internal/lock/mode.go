package lock

// Mode is how strongly something is locked.
type Mode int

// Any number of owners may share Intent, or Shared, also beside one Update.
// Update is for those who read in order to write: of two, one waits at once
// instead of both ending in a deadlock.
const (
	Intent Mode = iota + 1
	Shared
	Update
	Exclusive
)

// with tells whether two owners may hold a and b.
func (a Mode) with(b Mode) bool {
	lo, hi := min(a, b), max(a, b)
	return lo == hi && hi <= Shared || lo == Shared && hi == Update
}

// plus is the mode that does for an owner of a that wants b.
func (a Mode) plus(b Mode) Mode {
	lo, hi := min(a, b), max(a, b)
	if lo == Intent && hi != Intent {
		return Exclusive
	}
	return hi
}
