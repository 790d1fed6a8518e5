package hub

// Limits of what may wait for one connection. A second beyond lets whoever is
// slow, and not gone, come round.
const (
	maxWaiting = 256 << 10 // bytes
	maxPast    = 128 << 10 // after which no more of the past is added: what is new needs room
	batchBytes = 32 << 10  // given to the wire at once; these cannot be replaced any more
)

// queue is what waits for a slow connection, in order. Of frames with one key
// only the newest waits, in the place of the first. The zero queue is empty and
// costs nothing.
type queue struct {
	frames []*Frame
	first  []byte // rest of a frame that was written in part; goes before all
	latest map[string]int
	bytes  int
}

func (q *queue) empty() bool { return len(q.frames) == 0 && q.first == nil }

// push adds a frame, and reports whether all fits and whether an older frame
// went for it.
func (q *queue) push(f *Frame, w Wire) (fits, replaced bool) {
	size := len(f.as(w))
	if f.key != "" {
		if i, waits := q.latest[f.key]; waits {
			q.bytes += size - len(q.frames[i].as(w))
			q.frames[i] = f
			return q.bytes <= maxWaiting, true
		}
		if q.latest == nil {
			q.latest = make(map[string]int)
		}
		q.latest[f.key] = len(q.frames)
	}
	q.frames = append(q.frames, f)
	q.bytes += size
	return q.bytes <= maxWaiting, false
}

// take removes what to write next.
func (q *queue) take(w Wire) [][]byte {
	var batch [][]byte
	size := 0
	if q.first != nil {
		batch, size = append(batch, q.first), len(q.first)
		q.first = nil
	}
	n := 0
	for n < len(q.frames) && size < batchBytes {
		b := q.frames[n].as(w)
		batch, size, q.bytes = append(batch, b), size+len(b), q.bytes-len(b)
		n++
	}
	q.skip(n)
	return batch
}

// skip forgets the first n frames.
func (q *queue) skip(n int) {
	q.frames = q.frames[n:]
	if len(q.frames) == 0 {
		q.frames, q.latest = nil, nil
		return
	}
	for key, i := range q.latest {
		if i < n {
			delete(q.latest, key)
		} else {
			q.latest[key] = i - n
		}
	}
}

// clear forgets all but the rest of the frame that has begun.
func (q *queue) clear() { q.frames, q.latest, q.bytes = nil, nil, 0 }
