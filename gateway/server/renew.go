package server

import (
	"context"
	"errors"
	"time"

	"lastmile/gateway/hub"
)

// renewLate is how long a client whose token has expired stays while nobody can
// tell whether its session goes on.
const renewLate = time.Minute

// look asks whether a caller's session still goes on; after its token has expired,
// for the next one, which is sent to it. Asking may wait, so it is done beside the
// keeper, once at a time.
func (c *session) look(now time.Time) {
	if !c.looking.CompareAndSwap(false, true) {
		return
	}
	c.server.keepers.Go(func() {
		defer c.looking.Store(false)
		ctx, cancel := context.WithTimeout(c.server.running, opTimeout)
		defer cancel()
		old := c.who.Load()
		who, err := c.server.auth.Authenticate(ctx, old.Token)
		switch {
		case errors.Is(err, ErrUnauthorized):
			c.conn.Close(hub.Close{Code: hub.CodeRevoked, Reason: err.Error()})
		case err != nil && now.After(old.Expires.Add(renewLate)):
			c.conn.Close(busy)
		case err == nil && who.Token != old.Token && c.who.CompareAndSwap(old, &who):
			c.conn.Send(outbound("renewed", renewed{until(who), who.Token}))
			c.recheck(ctx)
		}
	})
}
