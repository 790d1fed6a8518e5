package api

import (
	"context"
	"errors"
	"time"

	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/job"
)

type freshnessAnswer struct {
	Body freshness
}

// freshness is how old a shop's items are.
type freshness struct {
	Shop   string `json:"shop"`
	Active bool   `json:"active"`

	Stale   bool      `json:"stale" doc:"the items are older than the settings mean them to be"`
	Age     float64   `json:"ageSeconds" doc:"since the oldest page of the last complete sync was read; 0 if there was none"`
	NextDue time.Time `json:"nextDue,omitzero"`

	Last     *attempt        `json:"last,omitempty" doc:"the last sync that began"`
	Complete *catalogdb.Sync `json:"complete,omitempty" doc:"the last sync of which every page succeeded"`
	Whole    *catalogdb.Sync `json:"whole,omitempty" doc:"the last of those that listed every item"`
}

// attempt is a sync that may not have succeeded.
type attempt struct {
	Job     string    `json:"job"`
	Started time.Time `json:"started"`
	State   job.State `json:"state,omitempty" doc:"none once the job's record has expired"`
	Cause   string    `json:"cause,omitempty"`
}

func (c Catalogs) freshness(ctx context.Context, in *InShop) (*freshnessAnswer, error) {
	stored, err := c.Store.Get(ctx, in.Shop)
	if err != nil {
		return nil, catalogError(err)
	}
	f := freshnessOf(stored, time.Now().UTC())
	if f.Last != nil {
		j, err := c.Jobs.Get(ctx, job.ID(f.Last.Job))
		if err != nil && !errors.Is(err, job.ErrUnknown) {
			return nil, catalogError(err)
		}
		f.Last.State, f.Last.Cause = j.State, j.Cause
	}
	return &freshnessAnswer{Body: f}, nil
}

func freshnessOf(c catalogdb.Catalog, now time.Time) freshness {
	s, syncs := c.Current.Settings, c.Syncs
	f := freshness{
		Shop: s.Shop, Active: s.Active,
		Stale:    s.Stale(now, syncs.Complete.Started),
		Complete: known(syncs.Complete), Whole: known(syncs.Whole),
	}
	f.NextDue, _ = s.NextDue(now, syncs.Last.Started)
	if f.Complete != nil {
		f.Age = now.Sub(syncs.Complete.Oldest).Seconds()
	}
	if last := syncs.Last; last.Job != "" {
		f.Last = &attempt{Job: last.Job, Started: last.Started}
	}
	return f
}

func known(s catalogdb.Sync) *catalogdb.Sync {
	if s.Job == "" {
		return nil
	}
	return &s
}
