package realtime

import (
	"context"
	"slices"
	"strings"
)

// Publishers believe for a while that they know who holds an audience (see
// [routes]). Whoever gets a latest-only event by such a belief sends it on, once,
// to those who have come since.

// introduce tells the others that hold an audience that this instance does too.
func (n *Node) introduce(ctx context.Context, l *life, to Audience, at string) {
	others := strings.Split(at, ",")
	if at == "" || slices.Equal(others, []string{l.name}) {
		return
	}
	if _, _, err := n.pub.hand(ctx, Delivery{Op: joined, To: to, Key: l.name}, others, l.name); err != nil {
		n.options.Log.WarnContext(ctx, "not introduced", "audience", to.Name(), "error", err)
	}
}

// follow remembers who has joined an audience.
func (n *Node) follow(to Audience, instance string) {
	now := n.pub.options.Now()
	before, _ := n.joined.get(to, now)
	if !slices.Contains(before, instance) {
		n.joined.put(to, append(slices.Clone(before), instance), now)
	}
}

// receiveLatest delivers a latest-only event, and sends it on to who has joined
// its audience, or, if that is not here any more, to where it is.
func (n *Node) receiveLatest(ctx context.Context, d Delivery) {
	next, _ := n.joined.get(d.To, n.pub.options.Now())
	var err error
	if !n.host.Deliver(d) {
		next, err = n.pub.find(ctx, d.To)
	}
	if err == nil && len(next) > 0 {
		d.Op = bounced
		_, _, err = n.pub.hand(ctx, d, next, n.name())
	}
	if err != nil {
		n.options.Log.WarnContext(ctx, "event not sent on", "audience", d.To.Name(), "error", err)
	}
}
