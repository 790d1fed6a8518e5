package realtime

import (
	"container/list"
	"sync"
	"time"
)

// routes remembers for a moment which instances hold whom, the most recently
// used ones. It is safe for concurrent use.
type routes struct {
	most        int
	known, none time.Duration // how long to believe that somebody, or nobody, is there

	mu     sync.Mutex
	byName map[Audience]*list.Element // of *route; guarded by mu
	order  list.List                  // the latest used first; guarded by mu
}

type route struct {
	to        Audience
	instances []string
	until     time.Time
}

func newRoutes(most int) *routes {
	return &routes{most: most, known: 2 * time.Second, none: time.Second, byName: make(map[Audience]*list.Element)}
}

func (r *routes) get(to Audience, now time.Time) (instances []string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byName[to]
	if e == nil {
		return nil, false
	}
	entry := e.Value.(*route)
	if !now.Before(entry.until) {
		r.drop(e)
		return nil, false
	}
	r.order.MoveToFront(e)
	return entry.instances, true
}

func (r *routes) put(to Audience, instances []string, now time.Time) {
	life := r.known
	if len(instances) == 0 {
		life = r.none
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.byName[to]; e != nil {
		r.drop(e)
	}
	r.byName[to] = r.order.PushFront(&route{to, instances, now.Add(life)})
	if r.order.Len() > r.most {
		r.drop(r.order.Back())
	}
}

func (r *routes) forget(to Audience) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.byName[to]; e != nil {
		r.drop(e)
	}
}

// drop removes an entry; mu is held.
func (r *routes) drop(e *list.Element) {
	delete(r.byName, e.Value.(*route).to)
	r.order.Remove(e)
}
