package realtime

import (
	"context"
	"sync"
)

// maxLate is how many members may wait to be taken out. What is beyond runs out,
// and goes with its instance.
const maxLate = 10_000

// late are members that have left, which Redis does not know yet. Each has a tag
// that is never used again, so that taking it out late, or twice, hurts nobody.
type late struct {
	mu      sync.Mutex
	life    *life    // whose they are; guarded by mu, as members
	members []Member // of an earlier life are nobody's business
}

func (w *late) add(l *life, members []Member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life != l {
		w.life, w.members = l, nil
	}
	w.members = append(w.members, members[:min(len(members), maxLate-len(w.members))]...)
}

func (w *late) take(l *life) []Member {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life != l {
		return nil
	}
	members := w.members
	w.members = nil
	return members
}

// leaveLate takes out who could not be taken out when they left.
func (n *Node) leaveLate(ctx context.Context, l *life) error {
	members := n.late.take(l)
	if len(members) == 0 {
		return nil
	}
	err := n.leave(ctx, l.name, members)
	if err != nil {
		n.late.add(l, members)
	}
	return err
}
