package campaigndb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

const (
	// fewRecords are deleted in the commit that voids them.
	fewRecords = 300

	// reapPage is how many are deleted at a time afterwards.
	reapPage = 500
)

// record is what all kinds of records have.
type record struct {
	Mark campaign.Mark `firestore:"mark"`
}

func (s *Store) records(scope, collection string) docs.Collection[record] {
	return docs.In[record](s.db, "promotions", scope, collection)
}

func collections() []string { return []string{saleItems, grants, redemptions} }

// of selects the ids of a campaign's records.
func of(records docs.Collection[record], id campaign.ID, limit int) docs.Query[record] {
	return records.Where("mark.campaign", "==", string(id)).Select("mark").Limit(limit)
}

// few are the deletions of all records of a campaign, or none if they are too
// many for one commit.
func (s *Store) few(ctx context.Context, scope string, id campaign.ID) ([]docs.Write, error) {
	var writes []docs.Write
	for _, name := range collections() {
		records := s.records(scope, name)
		found, err := of(records, id, fewRecords+1).All(ctx)
		if err != nil {
			return nil, err
		}
		if len(writes)+len(found) > fewRecords {
			return nil, nil
		}
		for _, r := range found {
			writes = append(writes, records.Delete(r.ID))
		}
	}
	return writes, nil
}

// Reap deletes all records of a closed campaign, a page at a time, and notes that
// none is left. It goes on where it was when it is called again, and spares what
// a later campaign of the scope has written in their place.
func (s *Store) Reap(ctx context.Context, c campaign.Campaign, now time.Time) error {
	if !c.State.Closed() || !c.Reaped.IsZero() {
		return nil
	}
	for _, name := range collections() {
		if err := s.reap(ctx, s.records(c.Kind.Scope(c.Shop), name), c.ID); err != nil {
			return fmt.Errorf("reap campaign %s: %w", c.ID, err)
		}
	}
	_, err := s.Change(ctx, c.ID, func(c campaign.Campaign) (campaign.Campaign, error) {
		if !c.Reaped.IsZero() {
			return c, nil
		}
		return c.Reap(now), nil
	})
	return err
}

func (s *Store) reap(ctx context.Context, records docs.Collection[record], id campaign.ID) error {
	for {
		found, err := of(records, id, reapPage).All(ctx)
		if err != nil || len(found) == 0 {
			return err
		}
		if err := s.reapPage(ctx, records, id, found); err != nil && !errors.Is(err, docs.ErrConflict) {
			return err
		}
	}
}

// reapPage deletes those of found that are still the campaign's: the transaction
// keeps a later campaign from writing them meanwhile.
func (s *Store) reapPage(ctx context.Context, records docs.Collection[record], id campaign.ID, found []docs.Doc[record]) error {
	return s.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
		lookups := make([]*docs.Lookup[record], len(found))
		fetch := make([]docs.Fetcher, len(found))
		for i, d := range found {
			lookups[i] = records.Lookup(d.ID)
			fetch[i] = lookups[i]
		}
		if err := tx.Fetch(fetch...); err != nil {
			return err
		}
		for _, l := range lookups {
			if l.Exists && l.Data.Mark.Campaign == id {
				tx.Write(records.Delete(l.ID))
			}
		}
		return nil
	})
}
