package cutover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// Options describe one path of a cut-over.
type Options struct {
	// Function is the name of the function in service, whichever path this is.
	Function string
	Path     Path

	// Verdict names how a handling ended with err: "done", or the class of what no
	// retry can mend. It is false if the event will be delivered again.
	Verdict func(err error) (string, bool)

	// Patience is how long a call in shadow waits for the live path before it leaves
	// that to the next delivery; zero is a second.
	Patience time.Duration

	// Log is told of differences; nil is the default logger.
	Log *slog.Logger

	// Now is the clock; nil is [time.Now].
	Now func() time.Time
}

// Pair is one path of a cut-over. It is safe for concurrent use.
type Pair struct {
	options Options
	store   *Store

	mu      sync.Mutex
	setting Setting   // guarded by mu
	read    time.Time // guarded by mu: when setting was asked for
}

// Event is what a pair has to know of an event.
type Event struct {
	ID     event.ID
	Tenant string

	// At is the event's time: the same for every delivery to either path.
	At time.Time

	// Last is true if the event will not be delivered again.
	Last bool
}

// NewPair returns the path that o describes.
func NewPair(db *docs.DB, o Options) *Pair {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Patience == 0 {
		o.Patience = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Pair{options: o, store: NewStore(db, o.Now)}
}

var (
	// errAhead is returned until the live path is done.
	errAhead = errors.New("the live path is not done with the event")

	// errFuture is returned for an event whose path cannot be known yet.
	errFuture = errors.New("the event is of a time still to come")
)

// Handle calls handle for an event: live, or in shadow. In shadow it returns nil
// once the comparison is kept, whatever handle returned.
func (p *Pair) Handle(ctx context.Context, e Event, handle func(context.Context) error) error {
	s, err := p.settingFor(ctx, e.At)
	if err != nil {
		return err
	}
	if s.Live(e.Tenant, e.At) == p.options.Path {
		return p.live(ctx, e, handle)
	}
	return p.shadow(ctx, e, handle)
}

// settingFor returns a setting that knows every flip up to a time.
func (p *Pair) settingFor(ctx context.Context, at time.Time) (Setting, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read.IsZero() && at.Before(p.read.Add(trusted)) {
		return p.setting, nil
	}
	now := p.options.Now()
	s, err := p.store.Setting(ctx, p.options.Function)
	if err != nil {
		return s, err
	}
	p.setting, p.read = s, now
	if !at.Before(now.Add(trusted)) {
		return s, fmt.Errorf("%w: %s", errFuture, at.Format(time.RFC3339Nano))
	}
	return s, nil
}

// record is the id of the document that compares an event. The event's own id need not
// be one that Firestore takes.
func (p *Pair) record(e Event) string {
	return p.options.Function + ":" + string(event.DeriveID(string(e.ID)))
}
