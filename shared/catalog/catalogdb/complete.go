package catalogdb

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
)

// Begin notes that a sync of a shop began.
func (s *Store) Begin(ctx context.Context, shop string, sync Sync) error {
	return s.note(ctx, shop, map[string]any{"last": sync})
}

func (s *Store) note(ctx context.Context, shop string, syncs map[string]any) error {
	return s.db.Commit(ctx, s.catalogs().Merge(shop, map[string]any{"syncs": syncs}))
}

// Run is a sync of which every page succeeded.
type Run struct {
	Shop     string
	Job      string
	Started  time.Time
	Settings int // version

	// Whole says that its pages list every item.
	Whole bool

	// MissesAllowed is that of the settings it ran with.
	MissesAllowed int
}

// Complete marks the items unavailable that a sync did not list, if it was to
// list all, and notes when it was. It returns how many it marked. Called again
// for the same run it goes on where it stopped. While it runs, no page may.
func (s *Store) Complete(ctx context.Context, r Run, seen *catalog.Seen, now time.Time) (marked int, err error) {
	whole := r.Whole && seen.Nameless == 0
	if whole {
		if marked, err = s.markMissing(ctx, r, seen, now); err != nil {
			return marked, fmt.Errorf("complete sync of shop %s: %w", r.Shop, err)
		}
	}
	done := Sync{Job: r.Job, Started: r.Started, Settings: r.Settings, Oldest: seen.Oldest, Finished: now}
	syncs := map[string]any{"complete": done}
	if whole {
		syncs["whole"] = done
	}
	if err := s.note(ctx, r.Shop, syncs); err != nil {
		return marked, fmt.Errorf("complete sync of shop %s: %w", r.Shop, err)
	}
	return marked, nil
}

// abreast is how many manifests are held at once.
const abreast = 64

func (s *Store) markMissing(ctx context.Context, r Run, seen *catalog.Seen, now time.Time) (marked int, err error) {
	for first := 0; first < catalog.Buckets; first += abreast {
		var lookups []*docs.Lookup[manifest]
		var fetchers []docs.Fetcher
		for b := first; b < min(first+abreast, catalog.Buckets); b++ {
			l := s.manifests(r.Shop).Lookup(strconv.Itoa(b))
			lookups, fetchers = append(lookups, l), append(fetchers, l)
		}
		if err := s.db.Fetch(ctx, fetchers...); err != nil {
			return marked, err
		}
		for i, l := range lookups {
			n, err := s.markBucket(ctx, r, first+i, l, seen, now)
			marked += n
			if err != nil {
				return marked, err
			}
		}
	}
	return marked, nil
}

// batch is how many items are marked in one commit.
const batch = 400

// markBucket marks the missing items of one bucket. The last commit also notes
// that the bucket is complete, with the misses that the settings forgive: those
// must count once.
func (s *Store) markBucket(ctx context.Context, r Run, bucket int, l *docs.Lookup[manifest], seen *catalog.Seen, now time.Time) (marked int, err error) {
	if !l.Exists || l.Data.Completed == r.Job {
		return 0, nil
	}
	stored := catalog.Manifests{bucket: l.Data.Entries}
	absence := stored.Missing(seen.Among(stored), r.MissesAllowed)
	entries := absence.Entries[bucket]
	for ids := absence.DocIDs; len(ids) > batch; ids = ids[batch:] {
		if err := s.mark(ctx, r.Shop, l, ids[:batch], take(entries, ids[:batch]), "", now); err != nil {
			return marked, err
		}
		marked += batch
		absence.DocIDs = ids[batch:]
	}
	if len(entries) == 0 {
		return marked, nil
	}
	if err := s.mark(ctx, r.Shop, l, absence.DocIDs, entries, r.Job, now); err != nil {
		return marked, err
	}
	return marked + len(absence.DocIDs), nil
}

// take moves the entries of ids out of entries.
func take(entries catalog.Manifest, ids []string) catalog.Manifest {
	taken := catalog.Manifest{}
	for _, id := range ids {
		taken[id] = entries[id]
		delete(entries, id)
	}
	return taken
}

// mark marks items unavailable, with the entries that say so, in one commit. Their
// pictures are theirs no more.
func (s *Store) mark(ctx context.Context, shop string, l *docs.Lookup[manifest], ids []string, entries catalog.Manifest, completed string, now time.Time) error {
	fields := merged(entries)
	if images := l.Data.unmarked(ids); len(images) > 0 {
		fields["images"] = images
	}
	if completed != "" {
		fields["completed"] = completed
	}
	writes := []docs.Write{s.manifests(shop).Merge(l.ID, fields)}
	for _, id := range ids {
		writes = append(writes, s.items(shop).Merge(id, map[string]any{"available": false, "delisted": now, "image": ""}))
	}
	return s.db.Commit(ctx, writes...)
}
