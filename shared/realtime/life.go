package realtime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// run lives one life after the other until ctx ends.
func (n *Node) run(ctx context.Context, l *life) {
	for l != nil {
		n.live(ctx, l)
		if ctx.Err() != nil {
			return
		}
		n.options.Log.WarnContext(ctx, "lease lost", "instance", l.name)
		n.host.Interrupted(true)
		if err := n.bury(ctx, l.name); err != nil {
			n.options.Log.WarnContext(ctx, "what was under way may stay", "instance", l.name, "error", err)
		}
		l = n.beginAgain(ctx)
	}
}

// begin opens an inbox and takes a lease.
func (n *Node) begin(ctx context.Context) (*life, error) {
	l := &life{name: n.newLifeName()}
	var err error
	if l.inbox, err = n.pub.inbox.open(ctx, l.name); err != nil {
		return nil, err
	}
	if _, err := n.beat(ctx, l, true); err != nil {
		_ = l.inbox.Close()
		return nil, err
	}
	n.life.Store(l)
	return l, nil
}

// beginAgain tries until it succeeds, or returns nil when ctx ends.
func (n *Node) beginAgain(ctx context.Context) *life {
	for {
		l, err := n.begin(ctx)
		if err == nil {
			return l
		}
		n.options.Log.WarnContext(ctx, "no lease", "error", err)
		if !pause(ctx, n.options.Beat) {
			return nil
		}
	}
}

// live does all that an instance does, and returns when its lease is lost or ctx ends.
func (n *Node) live(ctx context.Context, l *life) {
	living, die := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() {
		defer die()
		n.keepLease(living, l)
		n.life.CompareAndSwap(l, nil)
	})
	parts.Go(func() { n.read(living, l) })
	parts.Go(func() { n.every(living, n.options.Presence/3, "presence not renewed", n.renew) })
	parts.Go(func() { n.every(living, n.options.Beat, "dead instances not cleaned up", n.reap) })
	parts.Go(func() { n.every(living, n.options.Beat, "not swept", n.sweep) })
	parts.Go(func() {
		n.every(living, n.options.Beat, "not left", func(ctx context.Context) error { return n.leaveLate(ctx, l) })
	})
	parts.Go(func() { n.every(living, ackEvery, "acknowledgements not kept", n.flushAcks) })
	parts.Wait()
	die()
}

// every calls f again and again until ctx ends. The pauses differ a little, so
// that instances do not march in step.
func (n *Node) every(ctx context.Context, d time.Duration, problem string, f func(context.Context) error) {
	for pause(ctx, d) {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			n.options.Log.WarnContext(ctx, problem, "error", err)
		}
	}
}

// pause waits for about d, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d*9/10 + rand.N(d/5+1))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// keepLease returns when the lease is lost. That Redis does not answer is no
// loss: the lease is what Redis says.
func (n *Node) keepLease(ctx context.Context, l *life) {
	for pause(ctx, n.options.Beat) {
		lost, err := n.beat(ctx, l, false)
		if lost {
			return
		}
		if err != nil && ctx.Err() == nil {
			n.options.Log.WarnContext(ctx, "lease not renewed", "error", err)
		}
	}
}

func (n *Node) beat(ctx context.Context, l *life, begin bool) (lost bool, err error) {
	k, came := n.pub.keys, n.came.Swap(false)
	got, err := n.pub.pipes.runAtOnce(ctx, n.options.Lease, n.pub.scripts.beat, []string{k.live(), k.revision()},
		l.name, millis(n.pub.options.Now().Add(n.options.Lease)), flag(begin), n.options.Revision, flag(came))
	if err != nil {
		if came {
			n.came.Store(true)
		}
		return false, err
	}
	n.newest.Store(got.text(1))
	return got.number(0) == 0, nil
}

// flag is how scripts are told yes or no.
func flag(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// read takes messages from the inbox, and opens it anew when it breaks or falls silent.
func (n *Node) read(ctx context.Context, l *life) {
	in := l.inbox
	for {
		err := n.readFrom(ctx, l, in)
		if ctx.Err() != nil {
			return
		}
		n.options.Log.WarnContext(ctx, "inbox interrupted", "instance", l.name, "error", err)
		if in = n.reopen(ctx, l); in == nil {
			return
		}
		n.host.Interrupted(false)
	}
}

func (n *Node) reopen(ctx context.Context, l *life) receiver {
	for wait := 20 * time.Millisecond; pause(ctx, wait); wait = min(2*wait, time.Second) {
		if in, err := n.pub.inbox.open(ctx, l.name); err == nil {
			return in
		}
	}
	return nil
}

// readFrom closes in at the end. After a silence it sends itself a probe: what
// does not come back within another has been lost, whatever the connection says.
func (n *Node) readFrom(ctx context.Context, l *life, in receiver) error {
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer func() {
		if stop() {
			_ = in.Close()
		}
	}()
	heard, probes := time.Now(), 0
	for {
		raw, err := in.receive(ctx)
		if err != nil || ctx.Err() != nil {
			return err
		}
		if raw != "" {
			heard, probes = time.Now(), 0
			n.receive(ctx, raw)
			continue
		}
		if time.Since(heard) < n.options.Silence {
			continue
		}
		if probes == 2 {
			return fmt.Errorf("%w: two probes did not come back", ErrUnavailable)
		}
		heard, probes = time.Now(), probes+1
		if _, _, err := n.pub.hand(ctx, Delivery{Op: probe, To: Client("probe", l.name)}, []string{l.name}, ""); err != nil {
			return err
		}
	}
}

func (n *Node) sweep(ctx context.Context) error {
	_, err := n.pub.Sweep(ctx)
	return err
}
