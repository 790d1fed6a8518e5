package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/shared/catalog"
)

// A day of the demo: a sync every quarter of an hour. Only a few are measured
// before memory is looked at for the first time, so that every cache is full.
const (
	soakSyncs  = 96
	soakWarmed = 8
)

// benchSoak runs a day of the demo's syncs, one after the other, and looks at
// what stays in memory beside the documents that are meant to stay.
func benchSoak(ctx context.Context, r *report) error {
	s, err := stack.Start(ctx, stack.Options{Quiet: true, Gateways: 1, Provider: provider.Options{Items: syncItems}})
	if err != nil {
		return err
	}
	defer s.Close()
	settings := s.Provider.Settings(catalog.ByOffset, "bench")
	settings.Limits.Parallelism = 32
	if err := s.Call(ctx, http.MethodPut, "/v1/shops/bench/catalog", settings, nil); err != nil {
		return err
	}
	var warm, last usage
	for n := range soakSyncs {
		if n == soakWarmed {
			warm = usageOf(s)
		}
		s.Provider.Change(syncItems / 100)
		if _, _, err := syncToEnd(ctx, s); err != nil {
			return err
		}
	}
	last = usageOf(s)
	grown := last.documents - warm.documents
	each := float64(last.heap-warm.heap) / float64(max(1, grown))
	r.row(fmt.Sprintf("%d syncs: goroutines", soakSyncs), fmt.Sprint(last.goroutines), fmt.Sprintf("%d after %d", warm.goroutines, soakWarmed), "", "flat", last.goroutines < 2*warm.goroutines)
	r.row(fmt.Sprintf("%d syncs: heap", soakSyncs), fmt.Sprintf("%d MB", last.heap>>20), fmt.Sprintf("%d MB after %d", warm.heap>>20, soakWarmed),
		fmt.Sprintf("%.1f KB for each of the %d documents kept", each/1024, grown), "what is kept, and no more", each < 8<<10)
	return nil
}

// usage is what a stack holds.
type usage struct {
	heap                  int64
	goroutines, documents int
}

func usageOf(s *stack.Stack) usage {
	time.Sleep(time.Second) // for what is under way to end
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{heap: int64(m.HeapAlloc), goroutines: runtime.NumGoroutine(), documents: s.Firestore.Stats().Documents}
}
