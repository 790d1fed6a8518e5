package lock

// free tells whether the holders let r in.
func (l *lock) free(r *request) bool {
	for o, mode := range l.holders {
		if o != r.owner && !mode.with(r.mode) {
			return false
		}
	}
	return true
}

func (l *lock) grant(r *request) {
	l.holders[r.owner] = r.mode
	r.owner.held[r.key] = struct{}{}
}

// enqueue puts upgrades before everybody who holds nothing yet.
func (l *lock) enqueue(r *request, upgrade bool) {
	i := len(l.queue)
	if upgrade {
		for i = 0; i < len(l.queue) && l.holders[l.queue[i].owner] != 0; i++ {
		}
	}
	l.queue = append(l.queue, nil)
	copy(l.queue[i+1:], l.queue[i:])
	l.queue[i] = r
}

// withdraw takes r out of its queue; false if it is done already.
func (t *Table) withdraw(r *request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.owner.waiting != r {
		return false
	}
	t.dequeue(r)
	return true
}

func (t *Table) dequeue(r *request) {
	r.owner.waiting = nil
	l := t.locks[r.key]
	for i, other := range l.queue {
		if other == r {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			break
		}
	}
	t.advance(r.key)
}

// advance grants what has become possible at key, in order.
func (t *Table) advance(key string) {
	l := t.locks[key]
	for len(l.queue) > 0 && l.free(l.queue[0]) {
		r := l.queue[0]
		l.queue = l.queue[1:]
		r.owner.waiting = nil
		l.grant(r)
		close(r.done)
	}
	if len(l.queue) == 0 && len(l.holders) == 0 {
		delete(t.locks, key)
	}
}
