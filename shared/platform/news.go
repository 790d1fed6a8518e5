package platform

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// newsKind is an entry of [realtime.Standard].
const newsKind = "records.kept"

const (
	newsPause   = 250 * time.Millisecond // so long what is told gathers
	newsTimeout = time.Second
	maxAbout    = 100 // names in one event
)

// audience is who is told; [*realtime.Publisher] reaches them.
type audience interface {
	Publish(ctx context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error)
}

// news tells operators what the records that a process keeps are about, so that
// what they look at stays true. Whatever happens leaves a record after its effect,
// so nothing else has to tell. It is best effort, and bounded: four times a second
// at the most, of so many things.
type news struct {
	logs.Store
	open func(context.Context) (audience, error)

	telling sync.WaitGroup

	connecting chan struct{} // a place for one, apart from mu: who keeps a record does not wait for Redis
	to         audience      // of who has that place; nil until it is first needed

	mu    sync.Mutex
	mute  bool        // guarded by mu; nobody can be told
	about []string    // guarded by mu
	more  bool        // guarded by mu; there were more than fit
	timer *time.Timer // guarded by mu; nil while nothing waits
}

func newNews(s logs.Store, open func(context.Context) (audience, error)) *news {
	return &news{Store: s, open: open, connecting: make(chan struct{}, 1)}
}

// Append implements [logs.Store].
func (n *news) Append(ctx context.Context, rs []logs.Record) error {
	err := n.Store.Append(ctx, rs)
	if err == nil {
		n.note(rs)
	}
	return err
}

func (n *news) note(rs []logs.Record) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mute {
		return
	}
	for _, r := range rs {
		for _, name := range subjects(r) {
			switch {
			case slices.Contains(n.about, name):
			case len(n.about) < maxAbout:
				n.about = append(n.about, name)
			default:
				n.more = true
			}
		}
	}
	if len(n.about) > 0 && n.timer == nil {
		n.telling.Add(1)
		n.timer = time.AfterFunc(newsPause, n.tell)
	}
}

// told is the payload.
type told struct {
	About []string `json:"about"`
	More  bool     `json:"more,omitempty"`
}

// tell tells what has gathered. What cannot be told is forgotten: operators' pages
// ask now and then.
func (n *news) tell() {
	defer n.telling.Done()
	n.mu.Lock()
	all := told{n.about, n.more}
	n.about, n.more, n.timer = nil, false, nil
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), newsTimeout)
	defer cancel()
	if to := n.connect(ctx); to != nil {
		key := strconv.FormatInt(time.Now().UnixNano(), 36) // none takes the place of another
		_, _ = to.Publish(ctx, realtime.Role("operator"), realtime.Event{Kind: newsKind, Key: key, Data: all})
	}
}

func (n *news) connect(ctx context.Context) audience {
	select {
	case n.connecting <- struct{}{}:
		defer func() { <-n.connecting }()
	case <-ctx.Done():
		return nil
	}
	if n.to != nil {
		return n.to
	}
	to, err := n.open(ctx)
	if errors.Is(err, ErrUndeclared) {
		n.mu.Lock()
		n.mute = true
		n.mu.Unlock()
	}
	if err != nil {
		return nil
	}
	n.to = to
	return to
}

// close tells nothing more.
func (n *news) close() error {
	n.mu.Lock()
	n.mute = true
	if n.timer != nil && n.timer.Stop() {
		n.telling.Done()
	}
	n.mu.Unlock()
	n.telling.Wait()
	return nil
}

// subjects are what a record is about: the path of a call that changes something,
// the service, its job and its entities, and whether it is an error or slow. What
// only reads is no news.
func subjects(r logs.Record) []string {
	var names []string
	if r.Slow {
		names = append(names, "slow")
	}
	if r.Level == "ERROR" || r.Level == "WARNING" {
		names = append(names, "error")
	}
	if reads(r) || r.State == logs.StateStarted {
		if strings.HasPrefix(r.Caller, "operator:") {
			return nil // looking at slow calls must not be one more of them
		}
		return names
	}
	names = append(names, "service:"+r.Service)
	if r.Kind != logs.KindLifecycle {
		return names
	}
	if _, path, ok := strings.Cut(r.Operation, " /v1/"); ok {
		names = append(names, "/v1/"+path)
	}
	if r.Job != "" {
		names = append(names, "job:"+r.Job)
	}
	return append(names, r.Entities...)
}

// reads reports whether a record is of a call that changes nothing that is shown
// by records: positions have their own events.
func reads(r logs.Record) bool {
	return strings.HasPrefix(r.Operation, "GET ") || strings.HasSuffix(r.Operation, "/locations")
}
