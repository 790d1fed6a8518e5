package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/docs"
	"lastmile/shared/job"
	"lastmile/shared/logs"
)

// The catalogue that the syncs are measured on, and how long its provider takes
// to answer.
const (
	syncItems   = 11_125
	syncPage    = 25
	syncLatency = 50 * time.Millisecond
)

// benchSync measures a first sync and one that finds nothing new, beside a walk
// that fetches a page, writes its items, and goes on to the next.
func benchSync(ctx context.Context, r *report) error {
	s, err := stack.Start(ctx, stack.Options{Quiet: true, Provider: provider.Options{Items: syncItems}})
	if err != nil {
		return err
	}
	defer s.Close()
	s.Provider.Misbehave(provider.Fault{Kind: provider.Slow, DelayMillis: int(syncLatency / time.Millisecond)})

	settings := s.Provider.Settings(catalog.ByOffset, "bench")
	settings.Paging.Size = syncPage
	settings.Limits.Parallelism = 32
	if err := s.Call(ctx, http.MethodPut, "/v1/shops/bench/catalog", settings, nil); err != nil {
		return err
	}
	walk, err := sequentialWalk(ctx, s, settings)
	if err != nil {
		return err
	}
	for _, name := range []string{"first sync", "the same again"} {
		p, trips, err := syncOnce(ctx, s)
		if err != nil {
			return err
		}
		elapsed := time.Duration(p.Elapsed * float64(time.Second))
		bound := syncLatency * time.Duration(p.Pages) / time.Duration(settings.Limits.Parallelism)
		r.row(fmt.Sprintf("%s: %d items, %d pages, provider answers in %v, %d at once", name, p.Read, p.Pages, syncLatency, settings.Limits.Parallelism),
			fmt.Sprintf("%.2f s (%.0f%% of it the provider)", elapsed.Seconds(), 100*bound.Seconds()/elapsed.Seconds()),
			fmt.Sprintf("%.1f s (sequential walk)", walk.Seconds()), fmt.Sprintf("%.0fx", walk.Seconds()/elapsed.Seconds()), "bounded by the provider", 2*bound >= elapsed)
		r.row(name+": database round trips", fmt.Sprintf("%d for %d pages", trips, p.Pages), "-", "", "≤ 2 a page, and the settings once", trips <= 2*p.Pages+1)
		if name != "first sync" {
			r.row(name+": items written", fmt.Sprint(p.Changed), fmt.Sprintf("%d (rewrite everything)", p.Read), "", "0", p.Changed == 0)
		}
	}
	return nil
}

// syncOnce runs a sync, and returns how it went and how many Firestore round
// trips its pages took.
func syncOnce(ctx context.Context, s *stack.Stack) (job.Progress, int, error) {
	id, p, err := syncToEnd(ctx, s)
	if err != nil {
		return p, 0, err
	}
	trips, err := tripsOf(ctx, s, id)
	return p, trips, err
}

// syncToEnd runs a sync, which must succeed.
func syncToEnd(ctx context.Context, s *stack.Stack) (job.ID, job.Progress, error) {
	var v jobView
	if err := s.Call(ctx, http.MethodPost, "/v1/shops/bench/catalog/sync", nil, &v); err != nil {
		return v.ID, v.Progress, err
	}
	p, err := finish(ctx, s, v.ID)
	if err == nil && p.State != job.Done {
		err = fmt.Errorf("the sync ended %s", p.State)
	}
	return v.ID, p, err
}

// tripsOf returns the Firestore round trips in the records of a job's pages.
func tripsOf(ctx context.Context, s *stack.Stack, id job.ID) (int, error) {
	db, err := docs.Open(ctx, docs.Options{Project: s.Config.Project, EmulatorHost: s.Config.FirestoreEmulator})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	found, err := docs.In[logs.Record](db, "logs").Where("kind", "==", logs.KindLifecycle).Limit(100_000).All(ctx)
	if err != nil {
		return 0, err
	}
	trips := 0
	for _, d := range found {
		if d.Data.Service != "catalogpage" || d.Data.Job != string(id) {
			continue
		}
		for _, t := range d.Data.TripsBy {
			if strings.HasPrefix(t.Name, "firestore.") {
				trips += t.Count
			}
		}
	}
	if trips == 0 {
		return 0, fmt.Errorf("no records of the pages of job %s", id)
	}
	return trips, nil
}

// sequentialWalk is the baseline: one page after the other, all of its items
// written.
func sequentialWalk(ctx context.Context, s *stack.Stack, settings catalog.Settings) (time.Duration, error) {
	db, err := docs.Open(ctx, docs.Options{Project: s.Config.Project, EmulatorHost: s.Config.FirestoreEmulator})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	client := cataloghttp.New(cataloghttp.Options{AllowPrivate: true})
	defer client.Close()
	secret := func(context.Context, string) (string, error) { return s.Provider.Key(), nil }
	items := docs.In[catalog.Item](db, "walked")
	start := time.Now()
	for ref, more := (catalog.PageRef{}), true; more; {
		page, err := client.Fetch(ctx, settings, ref, secret)
		if err != nil {
			return 0, err
		}
		var writes []docs.Write
		for _, i := range page.Items {
			writes = append(writes, items.Set(catalog.DocID(i.ID), i))
		}
		if err := db.Commit(ctx, writes...); err != nil {
			return 0, err
		}
		more = ref.Number < (page.Total-1)/syncPage
		ref.Number++
	}
	return time.Since(start), nil
}
