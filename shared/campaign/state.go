package campaign

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is where a campaign stands.
type State string

// The states of a campaign.
const (
	Drafted   State = "draft"     // nobody sees it
	Scheduled State = "scheduled" // begins by itself
	Active    State = "active"    // prices follow it, until it ends by itself
	Paused    State = "paused"    // prices do not follow it for now
	Ended     State = "ended"
	Cancelled State = "cancelled" // ended before it began
)

// Closed reports whether s is an end: no timer waits, and no lock is held.
func (s State) Closed() bool { return s == Ended || s == Cancelled }

// Action is what a person does to a campaign.
type Action string

// The actions.
const (
	Publish Action = "publish"
	Pause   Action = "pause"
	Resume  Action = "resume"
	Cancel  Action = "cancel"
	End     Action = "end"
)

// moves is where each action leads; what is not here is refused.
var moves = map[State]map[Action]State{
	Drafted:   {Publish: Scheduled, Cancel: Cancelled},
	Scheduled: {Cancel: Cancelled},
	Active:    {Pause: Paused, End: Ended},
	Paused:    {Resume: Active, End: Ended},
}

// Actions are what can be done in s, by name.
func (s State) Actions() []Action {
	var as []Action
	for a := range moves[s] {
		as = append(as, a)
	}
	slices.Sort(as)
	return as
}

// ErrIllegal is the cause of every [*IllegalError].
var ErrIllegal = errors.New("illegal action")

// IllegalError says that an action is not possible in a state.
type IllegalError struct {
	Action string
	State  State
}

func (e *IllegalError) Error() string {
	actions := e.State.Actions()
	if len(actions) == 0 {
		return fmt.Sprintf("cannot %s a campaign that is %s: that is final", e.Action, e.State)
	}
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = string(a)
	}
	return fmt.Sprintf("cannot %s a campaign that is %s: only %s", e.Action, e.State, strings.Join(names, " or "))
}

// Unwrap makes errors.Is(err, ErrIllegal) true.
func (e *IllegalError) Unwrap() error { return ErrIllegal }

// Do returns c after an action: a new generation. What the clock did before
// counts first.
func (c Campaign) Do(a Action, by string, now time.Time) (Campaign, error) {
	now = tick(now)
	c = c.At(now)
	to, ok := moves[c.State][a]
	if !ok {
		return c, &IllegalError{Action: string(a), State: c.State}
	}
	if a == Publish {
		if err := c.Schedule.publishable(now); err != nil {
			return c, err
		}
		c.Schedule = c.Schedule.from(now)
	}
	c.Gen++
	return c.enter(to, now, now, by).At(now), nil
}
