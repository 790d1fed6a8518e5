// Package jobtimer has jobs closed by a timer of the function jobfinish.
package jobtimer

import (
	"context"

	"lastmile/shared/job"
	"lastmile/shared/timer"
)

// Function is who closes jobs.
const Function = "jobfinish"

// entity is what the timers' entities begin with.
const entity = "job:"

// Closer calls the finaliser.
type Closer struct{ timers *timer.Queue }

// New returns a Closer that sets timers in q.
func New(q *timer.Queue) *Closer { return &Closer{q} }

// Close has the finaliser called when c is due. The same call twice is one.
func (c *Closer) Close(ctx context.Context, call job.Closing) error {
	return c.timers.Schedule(ctx, timer.Timer{
		Function: Function, Entity: entity + string(call.Job), Kind: call.Reason, Gen: call.Gen, Due: call.Due,
	})
}

// Job returns the job that a timer is about.
func Job(t timer.Timer) job.ID { return job.ID(t.Entity[min(len(entity), len(t.Entity)):]) }
