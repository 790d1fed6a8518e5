package campaign

import (
	"strconv"
	"time"

	"lastmile/shared/event"
)

// TimerKind is what a timer is for.
type TimerKind string

// The kinds of timers.
const (
	StartTimer TimerKind = "start"
	EndTimer   TimerKind = "end"
	ReapTimer  TimerKind = "reap" // deletes void records
)

// Timer is a call that is due to a campaign.
type Timer struct {
	Campaign ID        `firestore:"campaign" json:"campaign"`
	Kind     TimerKind `firestore:"kind" json:"kind"`
	Gen      int       `firestore:"gen" json:"gen"`
	Due      time.Time `firestore:"due" json:"due"`
}

// Name is the same for the same campaign, kind and generation, and for no other.
func (t Timer) Name() string {
	return string(event.DeriveID("timer", string(t.Campaign), string(t.Kind), strconv.Itoa(t.Gen)))
}

// Grace is how long after its end a campaign's records are deleted: longer than
// an order takes that was priced just before, so that none is left behind.
const Grace = time.Minute

// Timers are the ones that c waits for: those, and no others, are stored.
func (c Campaign) Timers() []Timer {
	timer := func(k TimerKind, due time.Time) Timer { return Timer{Campaign: c.ID, Kind: k, Gen: c.Gen, Due: due} }
	switch {
	case c.State == Scheduled:
		return []Timer{timer(StartTimer, c.Schedule.Starts), timer(EndTimer, c.Schedule.Ends)}
	case c.State == Active || c.State == Paused:
		return []Timer{timer(EndTimer, c.Schedule.Ends)}
	case c.State.Closed() && c.Reaped.IsZero():
		return []Timer{timer(ReapTimer, c.Closed.Add(Grace))}
	}
	return nil
}

// Waits reports whether c waits for t: a timer of another generation, or of a
// state that c has left, is stale.
func (c Campaign) Waits(t Timer) bool {
	for _, w := range c.Timers() {
		if w.Kind == t.Kind && w.Gen == t.Gen {
			return true
		}
	}
	return false
}

// Fire returns c after a timer came. A stale one changes nothing; one before its
// time is [ErrEarly].
func (c Campaign) Fire(t Timer, now time.Time) (Campaign, error) {
	for _, w := range c.Timers() {
		if w.Kind != t.Kind || w.Gen != t.Gen {
			continue
		}
		if tick(now).Before(w.Due) {
			return c, ErrEarly
		}
		if t.Kind != ReapTimer {
			return c.At(now), nil
		}
	}
	return c, nil
}

// Reap returns c once its void records are deleted.
func (c Campaign) Reap(now time.Time) Campaign {
	c.Reaped = tick(now)
	c.Version++
	return c
}
