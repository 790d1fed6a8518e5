// Package scoreupdate folds facts about couriers into their scores, and learns
// every night what is usual in each zone.
//
// Trigger: courier.fact.v1, and a schedule. Replays are harmless: a fact counts
// once, and a night that is learnt again is the same night.
package scoreupdate

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/score"
)

// Scores stores couriers' scores.
type Scores interface {
	// Fold counts a fact, once; it reports false for a repeat.
	Fold(ctx context.Context, f score.Fact, now time.Time) (bool, error)

	// Learn makes the night's version of what is usual, in each zone.
	Learn(ctx context.Context, now time.Time) (zones int, err error)
}

// Function is the score-update function.
type Function struct {
	scores Scores
	log    *slog.Logger
	now    func() time.Time
}

// New returns a Function that keeps scores in s, by the clock now.
func New(s Scores, log *slog.Logger, now func() time.Time) *Function {
	return &Function{scores: s, log: log, now: func() time.Time { return now().UTC() }}
}

// Handle folds one fact.
func (f *Function) Handle(ctx context.Context, e event.CourierFact) error {
	fact := factOf(e)
	if err := fact.Check(f.now()); err != nil {
		return fmt.Errorf("%w: fact about courier %s: %w", function.ErrPermanent, e.Courier, err)
	}
	fresh, err := f.scores.Fold(ctx, fact, f.now())
	if err == nil && !fresh {
		f.log.InfoContext(ctx, "the fact has been counted", slog.String("courier", e.Courier))
	}
	return err
}

func factOf(e event.CourierFact) score.Fact {
	return score.Fact{
		ID: string(e.ID), Courier: e.Courier, Zone: e.Zone, Order: e.Order, At: e.Time.UTC(),
		Dimension: score.Dimension(e.Dimension), Good: int64(e.Good), Trials: int64(e.Trials),
		Cause: score.Cause(e.Cause), Undoes: string(e.Undoes),
	}
}

// Learn learns what is usual.
func (f *Function) Learn(ctx context.Context) error {
	zones, err := f.scores.Learn(ctx, f.now())
	if err != nil {
		return fmt.Errorf("learn what is usual: %w", err)
	}
	f.log.InfoContext(ctx, "learnt what is usual", slog.Int("zones", zones))
	return nil
}
