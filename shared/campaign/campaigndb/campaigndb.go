// Package campaigndb keeps campaigns in Firestore.
//
// It owns the collections campaigns, promotions with the records beneath them
// (saleItems, grants and redemptions), and campaignTimers.
//
// It promises that of all creations for one scope one succeeds, and the others
// learn who holds it ([Store.Create]); that a change, the promotion that everybody
// reads, the timers that wait and the notice of it are one commit ([Store.Change]),
// so that a timer that is lost, late, doubled or early does no harm; that a
// campaign's end voids all its records for every reader in that same commit,
// however many they are; and that they are all deleted in the end ([Store.Reap]).
package campaigndb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

// Timers call the function lifecycle. A call that cannot be set now comes by
// [Store.Overdue]; one that cannot be cancelled does no harm.
type Timers interface {
	Set(ctx context.Context, t campaign.Timer) error
	Cancel(ctx context.Context, t campaign.Timer) error
}

// Store keeps campaigns.
type Store struct {
	db     *docs.DB
	timers Timers
	log    *slog.Logger
}

// New returns a Store in db whose timers are set in t. Its log is told of timers
// that could not be set.
func New(db *docs.DB, t Timers, log *slog.Logger) *Store { return &Store{db: db, timers: t, log: log} }

// The names of the collections of records.
const (
	saleItems   = "saleItems"
	grants      = "grants"
	redemptions = "redemptions"
)

func (s *Store) campaigns() docs.Collection[campaign.Campaign] {
	return docs.In[campaign.Campaign](s.db, "campaigns")
}

func (s *Store) promotions() docs.Collection[campaign.Promotion] {
	return docs.In[campaign.Promotion](s.db, "promotions")
}

func (s *Store) intents() docs.Collection[campaign.Timer] {
	return docs.In[campaign.Timer](s.db, "campaignTimers")
}

func (s *Store) saleItems(scope string) docs.Collection[campaign.Item] {
	return docs.In[campaign.Item](s.db, "promotions", scope, saleItems)
}

func (s *Store) grants(scope string) docs.Collection[campaign.Grant] {
	return docs.In[campaign.Grant](s.db, "promotions", scope, grants)
}

func (s *Store) redemptions(scope string) docs.Collection[campaign.Redemption] {
	return docs.In[campaign.Redemption](s.db, "promotions", scope, redemptions)
}

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{
		{Collection: "campaigns", Fields: []string{"shop", "-created"}},
		{Collection: "campaigns", Fields: []string{"open", "-created"}},
		{Collection: "campaigns", Fields: []string{"shop", "open", "-created"}},
	}
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{
		{Collection: "campaigns", Field: "history"}, {Collection: "campaigns", Field: "schedule"}, {Collection: "campaigns", Field: "terms"},
		{Collection: "promotions", Field: "schedule"}, {Collection: "promotions", Field: "terms"},
		{Collection: saleItems, Field: "added"}, {Collection: grants, Field: "granted"}, {Collection: redemptions, Field: "at"},
	}
}

// Get returns a campaign as it was last written down, or [campaign.ErrUnknown].
func (s *Store) Get(ctx context.Context, id campaign.ID) (campaign.Campaign, error) {
	c, err := s.campaigns().Get(ctx, string(id))
	return c, known(id, err)
}

func known(id campaign.ID, err error) error {
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return fmt.Errorf("%w %q", campaign.ErrUnknown, id)
	}
	return err
}

// Query selects campaigns. Empty fields select all.
type Query struct {
	Shop string
	Open bool // leaves out those that are closed

	After docs.Place // of the last campaign of the page before
	Limit int
}

// List returns campaigns, the newest first.
func (s *Store) List(ctx context.Context, q Query) ([]campaign.Campaign, error) {
	query := s.campaigns().Query()
	if q.Shop != "" {
		query = query.Where("shop", "==", q.Shop)
	}
	if q.Open {
		query = query.Where("open", "==", true)
	}
	return data(query.Beyond(q.After, "created", docs.Desc).Limit(q.Limit).All(ctx))
}

func data[T any](found []docs.Doc[T], err error) ([]T, error) {
	all := make([]T, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}
