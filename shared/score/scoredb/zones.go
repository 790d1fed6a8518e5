package scoredb

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/score"
)

// Zone is what is usual in a zone, as one night's couriers show it.
type Zone struct {
	Zone string `json:"zone" firestore:"zone"`

	// Version is the day of the night, as in 2026-11-20; empty before the first.
	Version string    `json:"version" firestore:"version"`
	At      time.Time `json:"at" firestore:"at"`
	Config  int       `json:"config" firestore:"config" doc:"version of the config whose cold values it starts from"`

	Usual    score.Each[score.Prior]  `json:"usual" firestore:"usual"`
	Couriers int                      `json:"couriers" firestore:"couriers"`
	Totals   score.Each[score.Counts] `json:"totals" firestore:"totals" doc:"of the last 90 days, in hundredths of an observation"`

	// Scores are those of the couriers who are a tenth, a quarter, half, three
	// quarters and nine tenths of the way up.
	Scores []float64 `json:"scores" firestore:"scores"`
}

// quantiles are those of Zone.Scores.
func quantiles() []float64 { return []float64{0.10, 0.25, 0.50, 0.75, 0.90} }

// usual is z's, or the config's if z has not been learnt yet.
func (z Zone) usual(c score.Config) score.Each[score.Prior] {
	if z.Version == "" {
		return c.Cold
	}
	return z.Usual
}

func (s *Store) zones() docs.Collection[Zone] { return docs.In[Zone](s.db, "scorezones") }

func (s *Store) nights(zone string) docs.Collection[Zone] {
	return docs.In[Zone](s.db, "scorezones", zone, "versions")
}

// Zone returns what is usual in a zone: what the config says, if nobody has
// delivered there yet.
func (s *Store) Zone(ctx context.Context, zone string) (Zone, error) {
	c, z := s.configs().Lookup(current), s.zones().Lookup(zone)
	if err := s.db.Fetch(ctx, c, z); err != nil {
		return Zone{}, err
	}
	if !z.Exists {
		return Zone{Zone: zone, Config: revision(c).Version, Usual: revision(c).Config.Cold}, nil
	}
	return z.Data, nil
}

// Nights returns up to limit versions of a zone before one (empty for all), the
// newest first.
func (s *Store) Nights(ctx context.Context, zone, before string, limit int) ([]Zone, error) {
	query := s.nights(zone).Query().OrderBy("version", docs.Desc).Limit(limit)
	if before != "" {
		query = query.After(before)
	}
	return data(query.All(ctx))
}

// Learn makes tonight's version of every zone, from all couriers. Made again, it
// is the same version. It returns how many zones there are.
func (s *Store) Learn(ctx context.Context, now time.Time) (int, error) {
	c, err := s.Config(ctx)
	if err != nil {
		return 0, err
	}
	zones, err := s.everybody(ctx)
	if err != nil {
		return 0, err
	}
	for name, ledgers := range zones {
		z := learn(name, ledgers, c, now)
		if err := s.db.Commit(ctx, s.zones().Set(name, z), s.nights(name).Set(z.Version, z)); err != nil {
			return 0, fmt.Errorf("learn zone %s: %w", name, err)
		}
	}
	return len(zones), nil
}

// everybody returns the ledgers of all couriers, by zone.
func (s *Store) everybody(ctx context.Context) (map[string][]score.Ledger, error) {
	const part = 500
	zones := make(map[string][]score.Ledger)
	query := s.scores().Query().OrderBy("__name__", docs.Asc).Limit(part)
	for next := query; ; {
		found, err := next.All(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			l, err := score.Unpack(d.Data.Packed)
			if err != nil {
				return nil, fmt.Errorf("score of courier %s: %w", d.ID, err)
			}
			zones[d.Data.Zone] = append(zones[d.Data.Zone], l)
		}
		if len(found) < part {
			return zones, nil
		}
		next = query.After(found[len(found)-1].ID)
	}
}

func learn(name string, ledgers []score.Ledger, c Revision, now time.Time) Zone {
	z := Zone{Zone: name, Version: now.UTC().Format(time.DateOnly), At: now.UTC(), Config: c.Version, Couriers: len(ledgers)}
	counts := make([]score.Each[score.Counts], len(ledgers))
	for i, l := range ledgers {
		counts[i] = l.Totals(now)
		for _, d := range score.All() {
			sum := z.Totals.Of(d)
			*sum = sum.Plus(*counts[i].Of(d))
		}
	}
	z.Usual = score.Learn(c.Config.Cold, counts)
	values := make([]float64, len(ledgers))
	for i, l := range ledgers {
		values[i] = l.Score(now, c.Config, z.Usual).Value
	}
	slices.SortFunc(values, cmp.Compare)
	for _, q := range quantiles() {
		z.Scores = append(z.Scores, values[int(math.Floor(q*float64(len(values)-1)))])
	}
	return z
}
