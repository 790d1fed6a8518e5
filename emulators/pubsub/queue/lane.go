package queue

import "time"

// lane is the turn of one ordering key: the first sent entries are with a
// subscriber, the next one goes out when they have all been settled.
type lane struct {
	key     string
	entries []*entry
	sent    int
}

func (q *Queue) lane(key string) *lane {
	l := q.lanes[key]
	if l == nil {
		l = &lane{key: key}
		q.lanes[key] = l
	}
	return l
}

// add reports whether it is the turn of e.
func (l *lane) add(e *entry) bool {
	e.lane = l
	l.entries = append(l.entries, e)
	return len(l.entries) == 1
}

// turn reports whether e is the next to go out and nothing is out.
func (l *lane) turn(e *entry) bool { return l.sent == 0 && l.entries[0] == e }

// following is the entry that may be leased together with e, right after it.
func (l *lane) following(e *entry) *entry {
	if l == nil || l.sent >= len(l.entries) || l.entries[l.sent-1] != e {
		return nil
	}
	return l.entries[l.sent]
}

// rewind takes back everything that was sent from e on: a redelivered message
// brings the later ones of its key with it, acknowledged or not.
func (q *Queue) rewind(l *lane, e *entry) {
	i := l.index(e)
	for _, later := range l.entries[i+1 : l.sent] {
		if later.state == leased {
			q.unlease(later)
		}
		later.acked = false
	}
	l.sent = i
}

// leave takes e out of its lane and gives the next one its turn.
func (q *Queue) leave(e *entry, now time.Time) {
	l := e.lane
	if l == nil {
		return
	}
	i := l.index(e)
	l.entries = append(l.entries[:i], l.entries[i+1:]...)
	if i == 0 && cap(l.entries) > 4*len(l.entries)+16 {
		l.entries = append([]*entry(nil), l.entries...)
	}
	if i < l.sent {
		l.sent--
	}
	e.lane = nil
	q.advance(l, now)
}

// advance finishes what was acknowledged out of order and is first now, then
// releases the next entry if nothing is out.
func (q *Queue) advance(l *lane, now time.Time) {
	switch {
	case len(l.entries) == 0:
		delete(q.lanes, l.key)
	case l.entries[0].acked:
		q.finish(l.entries[0], now)
	case l.sent == 0 && l.entries[0].state == held:
		q.release(l.entries[0], now)
	}
}

func (l *lane) index(e *entry) int {
	for i, x := range l.entries {
		if x == e {
			return i
		}
	}
	return -1
}
