package platform

import (
	"github.com/redis/go-redis/v9"

	"lastmile/shared/auth"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/files"
	"lastmile/shared/timer"
)

// Opener opens what a function is built of and keeps the first error, so that a
// function is put together in one expression. After an error the things that it
// returns are nil: they may be passed on, but not used before Err is asked.
type Opener struct {
	*Platform

	err error
}

// Opener returns an opener of p's things. It is for one goroutine.
func (p *Platform) Opener() *Opener { return &Opener{Platform: p} }

// Err returns what went wrong first.
func (o *Opener) Err() error { return o.err }

// Fail keeps err, unless something went wrong before or err is nil.
func (o *Opener) Fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// Bus is [Platform.Bus].
func (o *Opener) Bus() *bus.Bus { return opened(o, o.Platform.Bus) }

// Docs is [Platform.Docs].
func (o *Opener) Docs() *docs.DB { return opened(o, o.Platform.Docs) }

// Timers is [Platform.Timers].
func (o *Opener) Timers() *timer.Queue { return opened(o, o.Platform.Timers) }

// Redis is [Platform.Redis].
func (o *Opener) Redis() *redis.Client { return opened(o, o.Platform.Redis) }

// PrivateFiles is [Platform.PrivateFiles].
func (o *Opener) PrivateFiles() *files.Bucket { return opened(o, o.Platform.PrivateFiles) }

// PublicFiles is [Platform.PublicFiles].
func (o *Opener) PublicFiles() *files.Bucket { return opened(o, o.Platform.PublicFiles) }

// Sessions is [Platform.Sessions].
func (o *Opener) Sessions() *auth.Sessions { return opened(o, o.Platform.Sessions) }

func opened[T any](o *Opener, open func() (T, error)) T {
	v, err := open()
	o.Fail(err)
	return v
}
