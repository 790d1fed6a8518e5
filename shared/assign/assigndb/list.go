package assigndb

import (
	"context"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
)

// maxAsked bounds how many offers a courier can have at once.
const maxAsked = 50

// OffersTo returns the searches in which a courier can accept at now.
func (s *Store) OffersTo(ctx context.Context, courier string, now time.Time) ([]dispatch.Dispatch, error) {
	found, err := data(s.dispatches().Where("asked", "array-contains", courier).Limit(maxAsked).All(ctx))
	var open []dispatch.Dispatch
	for _, d := range found {
		if d.OpenTo(courier, now) {
			open = append(open, d)
		}
	}
	return open, err
}

// In returns up to limit searches in a state, the oldest first; an empty zone is
// all of them. After is the place of the last one of the page before.
func (s *Store) In(ctx context.Context, zone string, state dispatch.State, after docs.Place, limit int) ([]dispatch.Dispatch, error) {
	query := s.dispatches().Where("state", "==", string(state))
	if zone != "" {
		query = query.Where("zone", "==", zone)
	}
	return data(query.Beyond(after, "created", docs.Asc).Limit(limit).All(ctx))
}

// Overdue returns up to limit open searches in which something was due before a
// time.
func (s *Store) Overdue(ctx context.Context, before time.Time, limit int) ([]dispatch.Dispatch, error) {
	return data(s.dispatches().Where("open", "==", true).Where("due", "<", before).
		OrderBy("due", docs.Asc).Limit(limit).All(ctx))
}

func data[T any](found []docs.Doc[T], err error) ([]T, error) {
	all := make([]T, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}
