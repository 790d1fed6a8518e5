package distance

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"lastmile/shared/road"
)

// Roads keeps a map resident, and lets another take its place while requests go
// on: those that have begun end on the map they began with.
type Roads struct {
	open func() (Source, error)

	changing sync.Mutex    // held while the roads or their weights change
	traffic  []road.Change // guarded by changing

	mu      sync.Mutex
	current *edition // guarded by mu
}

// Source is a map that holds on to something.
type Source struct {
	Map *road.Map

	// Sum names the content: places that were found on one map are good on
	// another of the same sum.
	Sum uint32

	// Close is called when nobody uses the map any more.
	Close func() error
}

// edition is a map in use.
type edition struct {
	source  Source
	current *road.Map // guarded by Roads.mu; the source's, perhaps reweighted
	users   int       // guarded by Roads.mu; the owner is one of them
	finders sync.Pool
}

// OpenRoads opens the roads, and opens them again at each Reload.
func OpenRoads(open func() (Source, error)) (*Roads, error) {
	r := &Roads{open: open}
	return r, r.Reload()
}

// Reload opens the roads anew. Traffic stays, on all roads that are still there:
// it is told by OSM's nodes. When that fails, the old ones stay.
func (r *Roads) Reload() error {
	r.changing.Lock()
	defer r.changing.Unlock()
	s, err := r.open()
	if err != nil {
		return fmt.Errorf("load roads: %w", err)
	}
	e := &edition{source: s, current: s.Map, users: 1}
	if len(r.traffic) > 0 {
		gone := func(c road.Change) bool { return !s.Map.Has(c) }
		if e.current, err = s.Map.Reweight(slices.DeleteFunc(slices.Clone(r.traffic), gone)); err != nil {
			return errors.Join(fmt.Errorf("load roads: %w", err), s.Close())
		}
	}
	e.finders.New = func() any { return road.NewFinder(s.Map) }
	e.finders.Put(e.finders.New())
	r.mu.Lock()
	old := r.current
	r.current = e
	r.mu.Unlock()
	if old == nil {
		return nil
	}
	return r.leave(old)
}

// Reweight makes the changes the traffic, instead of those before.
func (r *Roads) Reweight(changes []road.Change) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	v := r.enter()
	defer v.leave()
	m, err := v.edition.source.Map.Reweight(changes)
	if err != nil {
		return err
	}
	r.traffic = changes
	r.mu.Lock()
	defer r.mu.Unlock()
	v.edition.current = m
	return nil
}

// Close closes the roads once the last request has left.
func (r *Roads) Close() error {
	r.mu.Lock()
	e := r.current
	r.mu.Unlock()
	return r.leave(e)
}

// view is one request's use of the roads.
type view struct {
	roads   *Roads
	edition *edition
	roadmap *road.Map
	finder  *road.Finder
}

func (r *Roads) enter() view {
	r.mu.Lock()
	e := r.current
	e.users++
	v := view{roads: r, edition: e, roadmap: e.current}
	r.mu.Unlock()
	v.finder = e.finders.Get().(*road.Finder)
	v.finder.Use(v.roadmap)
	return v
}

func (v view) leave() {
	v.edition.finders.Put(v.finder)
	_ = v.roads.leave(v.edition) // a file that cannot be unmapped stays mapped
}

func (r *Roads) leave(e *edition) error {
	r.mu.Lock()
	e.users--
	last := e.users == 0
	r.mu.Unlock()
	if !last {
		return nil
	}
	return e.source.Close()
}
