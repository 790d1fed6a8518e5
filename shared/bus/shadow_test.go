package bus_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/bus"
	"lastmile/shared/event"
	"lastmile/shared/shadow"
)

func TestADryHandlingPublishesNothing(t *testing.T) {
	b, err := bus.Open(t.Context(), bus.Options{Project: "test", EmulatorHost: "localhost:1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	page := func(id event.ID, n int, from time.Time) *event.CatalogPage {
		return &event.CatalogPage{Header: event.Header{ID: id, Time: from}, Job: "j", Shop: "s", Settings: 1, Page: n, From: from, To: from}
	}
	effects := func(e event.Event) shadow.Effects {
		h := &shadow.Handling{Dry: true}
		require.NoError(t, b.Publish(h.In(t.Context()), e), "Pub/Sub is not there to be asked")
		return h.Effects()
	}
	a := effects(page("e1", 1, at))
	require.Len(t, a, 1)
	require.Equal(t, a, effects(page("e2", 1, at.Add(time.Hour))), "ids and times do not count")
	require.NotEqual(t, a, effects(page("e1", 2, at)))
}
