package scoreupdate_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/scoreupdate"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/score"
)

var now = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)

// scores remembers what was folded.
type scores struct{ folded map[string]score.Fact }

func (s *scores) Fold(_ context.Context, f score.Fact, _ time.Time) (bool, error) {
	_, repeat := s.folded[f.ID]
	s.folded[f.ID] = f
	return !repeat, nil
}

func (s *scores) Learn(context.Context, time.Time) (int, error) { return len(s.folded), nil }

func fact() event.CourierFact {
	return event.CourierFact{
		Header:  event.Header{ID: "f1", Time: now.Add(-time.Hour)},
		Courier: "ada", Zone: "valletta", Order: "12", Dimension: "on_time", Trials: event.FactUnit, Cause: "merchant", Undoes: "f0",
	}
}

func open() (*scores, *scoreupdate.Function) {
	s := &scores{folded: map[string]score.Fact{}}
	return s, scoreupdate.New(s, slog.New(slog.DiscardHandler), func() time.Time { return now })
}

func TestAFactIsFoldedAsItHappened(t *testing.T) {
	s, f := open()
	require.NoError(t, f.Handle(t.Context(), fact()))
	require.NoError(t, f.Handle(t.Context(), fact()), "a repeat is no error")
	require.Equal(t, map[string]score.Fact{"f1": {
		ID: "f1", Courier: "ada", Zone: "valletta", Order: "12", At: now.Add(-time.Hour),
		Dimension: score.OnTime, Trials: score.Unit, Cause: score.Merchant, Undoes: "f0",
	}}, s.folded)
	require.NoError(t, f.Learn(t.Context()))
}

func TestAFactFromTheFutureIsADeadLetter(t *testing.T) {
	s, f := open()
	e := fact()
	e.Time = now.Add(time.Hour)
	require.ErrorIs(t, f.Handle(t.Context(), e), function.ErrPermanent)
	require.Empty(t, s.folded)
}

func TestUnitsAgree(t *testing.T) { require.EqualValues(t, score.Unit, event.FactUnit) }
