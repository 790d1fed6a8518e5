package scoredb

import (
	"context"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/score"
)

// Report is the score of a courier, and what it comes from.
type Report struct {
	Courier string      `json:"courier"`
	Zone    string      `json:"zone,omitempty" doc:"where the courier last delivered"`
	Score   score.Score `json:"score"`
	Trend   []float64   `json:"trend" doc:"of the last days, the oldest first"`

	// Config and Usual are the versions of the config and of what is usual in the
	// zone that made the score; an empty one is what stands in the config.
	Config int    `json:"config"`
	Usual  string `json:"usual,omitempty"`
}

// trendDays is how far back a trend goes.
const trendDays = 28

// Courier returns the score of a courier; one of whom nothing is known has one
// too.
func (s *Store) Courier(ctx context.Context, id string, now time.Time) (Report, error) {
	c, ledger := s.configs().Lookup(current), s.scores().Lookup(id)
	if err := s.db.Fetch(ctx, c, ledger); err != nil {
		return Report{}, err
	}
	zone := Zone{}
	if ledger.Data.Zone != "" {
		z := s.zones().Lookup(ledger.Data.Zone)
		if err := s.db.Fetch(ctx, z); err != nil {
			return Report{}, err
		}
		zone = z.Data
	}
	return report(id, ledger.Data, revision(c), zone, now)
}

func report(id string, stored courier, c Revision, z Zone, now time.Time) (Report, error) {
	l, err := score.Unpack(stored.Packed)
	if err != nil {
		return Report{}, fmt.Errorf("score of courier %s: %w", id, err)
	}
	usual := z.usual(c.Config)
	return Report{
		Courier: id, Zone: stored.Zone, Score: l.Score(now, c.Config, usual), Trend: l.Trend(now, trendDays, c.Config, usual),
		Config: c.Version, Usual: z.Version,
	}, nil
}

// Value is what dispatch knows of a courier.
type Value struct {
	Score float64

	// Asked offers were answered, or lapsed, of the last 90 days, and Accepted of
	// them accepted.
	Asked, Accepted int
}

// Values are the scores of couriers in a zone, and the version of the config that
// made them, in one round trip.
func (s *Store) Values(ctx context.Context, zone string, couriers []string, now time.Time) (map[string]Value, int, error) {
	c, z := s.configs().Lookup(current), s.zones().Lookup(zone)
	fetch, ledgers := []docs.Fetcher{c, z}, make([]*docs.Lookup[courier], len(couriers))
	for i, id := range couriers {
		ledgers[i] = s.scores().Lookup(id)
		fetch = append(fetch, ledgers[i])
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, 0, fmt.Errorf("scores of %d couriers: %w", len(couriers), err)
	}
	config := revision(c)
	usual, values := z.Data.usual(config.Config), make(map[string]Value, len(couriers))
	for _, l := range ledgers {
		ledger, err := score.Unpack(l.Data.Packed)
		if err != nil {
			return nil, 0, fmt.Errorf("score of courier %s: %w", l.ID, err)
		}
		offers := ledger.Totals(now).Acceptance
		values[l.ID] = Value{
			Score: ledger.Score(now, config.Config, usual).Value,
			Asked: int(offers.Trials / score.Unit), Accepted: int(offers.Good / score.Unit),
		}
	}
	return values, config.Version, nil
}

// InZone returns up to limit scores of couriers who last delivered in a zone and
// whose id comes after one (empty for all), by id.
func (s *Store) InZone(ctx context.Context, zone, after string, limit int, now time.Time) ([]Report, error) {
	c, z := s.configs().Lookup(current), s.zones().Lookup(zone)
	if err := s.db.Fetch(ctx, c, z); err != nil {
		return nil, err
	}
	query := s.scores().Where("zone", "==", zone).OrderBy("__name__", docs.Asc).Limit(limit)
	if after != "" {
		query = query.After(after)
	}
	found, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	reports := make([]Report, len(found))
	for i, d := range found {
		if reports[i], err = report(d.ID, d.Data, revision(c), z.Data, now); err != nil {
			return nil, err
		}
	}
	return reports, nil
}
