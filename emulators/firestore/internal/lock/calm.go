package lock

// maxCalm bounds what a table remembers; full, it forgets all and learns anew.
const maxCalm = 10_000

// Calm tells whether key was last locked for update in vain: who read it did
// not write it. Readers of a calm key need not stand in line.
func (t *Table) Calm(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calm[key]
}

// Finish releases the locks of an owner that has done all it wanted to, and
// learns from it which keys are calm.
func (t *Table) Finish(o *Owner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range o.held {
		if t.locks[key].holders[o] == Update {
			t.soothe(key)
		}
	}
	t.release(o)
}

func (t *Table) soothe(key string) {
	if t.calm == nil || len(t.calm) >= maxCalm {
		t.calm = map[string]bool{}
	}
	t.calm[key] = true
}
