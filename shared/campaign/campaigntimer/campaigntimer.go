// Package campaigntimer has campaigns called by timers of the function lifecycle.
package campaigntimer

import (
	"context"
	"strings"

	"lastmile/shared/campaign"
	"lastmile/shared/timer"
)

// Function is who is called.
const Function = "lifecycle"

// entity is what the timers' entities begin with.
const entity = "campaign:"

// Timers sets the timers of campaigns.
type Timers struct{ queue *timer.Queue }

// New returns Timers in q.
func New(q *timer.Queue) *Timers { return &Timers{q} }

// Set has t called when it is due. Setting it again is harmless.
func (ts *Timers) Set(ctx context.Context, t campaign.Timer) error {
	return ts.queue.Schedule(ctx, call(t))
}

// Cancel makes it unlikely that t is called.
func (ts *Timers) Cancel(ctx context.Context, t campaign.Timer) error {
	return ts.queue.Cancel(ctx, call(t))
}

func call(t campaign.Timer) timer.Timer {
	return timer.Timer{Function: Function, Entity: entity + string(t.Campaign), Kind: string(t.Kind), Gen: t.Gen, Due: t.Due}
}

// Timer returns the timer that a call is about.
func Timer(t timer.Timer) campaign.Timer {
	id := strings.TrimPrefix(t.Entity, entity)
	return campaign.Timer{Campaign: campaign.ID(id), Kind: campaign.TimerKind(t.Kind), Gen: t.Gen, Due: t.Due}
}
