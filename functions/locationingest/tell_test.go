package locationingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/locationingest"
	"lastmile/shared/event"
	"lastmile/shared/realtime"
)

// watchers keep what they are told.
type watchers struct {
	events []realtime.Event
	deaf   error
}

func (w *watchers) Publish(_ context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error) {
	if to != realtime.Topic("fleet", "all") {
		return realtime.Receipt{}, errors.New("nobody watches " + to.Name())
	}
	w.events = append(w.events, e)
	return realtime.Receipt{}, w.deaf
}

func TestWhoWatchesTheFleetIsToldOfAllThatMoved(t *testing.T) {
	_, s, _ := open(t)
	w := &watchers{}
	var batch event.LocationBatch
	for i := range 1200 {
		batch.Positions = append(batch.Positions, fix(fmt.Sprint("c", i), i, 30))
	}
	require.NoError(t, locationingest.New(s, w).Handle(t.Context(), batch))
	couriers, keys := map[any]bool{}, map[string]bool{}
	for _, e := range w.events {
		text, err := json.Marshal(e.Data)
		require.NoError(t, err)
		require.Less(t, len(text), realtime.MaxData)
		var told struct{ Moved [][]any }
		require.NoError(t, json.Unmarshal(text, &told))
		for _, m := range told.Moved {
			require.Len(t, m, 4)
			couriers[m[0]] = true
		}
		keys[e.Key] = true
	}
	require.Len(t, couriers, 1200)
	require.Len(t, keys, len(w.events), "no part of a batch takes the place of another")
}

func TestWatchersWhoCannotBeToldCostNoPosition(t *testing.T) {
	_, s, _ := open(t)
	require.NoError(t, locationingest.New(s, &watchers{deaf: realtime.ErrUnavailable}).Handle(t.Context(), positions(fix("ada", 1, 30))))
	all, err := s.Positions(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}
