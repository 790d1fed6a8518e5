package lock

// breakDeadlocks aborts members of cycles through o until there is none. The
// caller holds the table's mutex.
func (t *Table) breakDeadlocks(o *Owner) {
	for o.waiting != nil && t.blocks(o) {
		cycle := t.cycle(o, o, map[*Owner]bool{})
		if cycle == nil {
			return
		}
		victim := youngest(cycle)
		if victim == nil {
			return
		}
		t.abort(victim)
	}
}

// blocks reports whether anybody may wait for o. Of thousands that wait for one
// lock and hold nothing else that is wanted, none needs a search.
func (t *Table) blocks(o *Owner) bool {
	for key := range o.held {
		if len(t.locks[key].queue) > 0 {
			return true
		}
	}
	return false
}

// cycle returns the owners on a way from o back to target by who waits for
// whom.
func (t *Table) cycle(o, target *Owner, seen map[*Owner]bool) []*Owner {
	if o.waiting == nil {
		return nil
	}
	for _, b := range t.blockers(o.waiting) {
		if b == target {
			return []*Owner{o}
		}
		if seen[b] {
			continue
		}
		seen[b] = true
		if way := t.cycle(b, target, seen); way != nil {
			return append(way, o)
		}
	}
	return nil
}

// blockers are those r waits for: holders that exclude it and whoever stands
// before it in the queue.
func (t *Table) blockers(r *request) (owners []*Owner) {
	l := t.locks[r.key]
	for o, mode := range l.holders {
		if o != r.owner && !mode.with(r.mode) {
			owners = append(owners, o)
		}
	}
	for _, other := range l.queue {
		if other == r {
			break
		}
		owners = append(owners, other.owner)
	}
	return owners
}

func youngest(owners []*Owner) (victim *Owner) {
	for _, o := range owners {
		if !o.stays && (victim == nil || o.age > victim.age) {
			victim = o
		}
	}
	return victim
}
