// Package push brings notifications to the devices of clients that have no
// connection.
//
// It owns the collections devices, one document for each device that an app has
// registered, and pushes, one for each notice: what became of it, for a month.
// It promises that
//   - a notice reaches a device once, whoever pushes it and however often, but
//     for a crash between the two; then the device itself puts the second in the
//     place of the first;
//   - a notice that is no longer of use is not sent;
//   - a device that the service does not know any more is forgotten.
package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/realtime"
)

var (
	// ErrGone means that there is no such device any more.
	ErrGone = errors.New("device is gone")
	// ErrInvalid means that a registration makes no sense; the text names the field.
	ErrInvalid = errors.New("invalid device")
)

// Driver sends a notice to one device. It returns [ErrGone] if the device will
// never get one again; any other error may be mended by trying again.
type Driver interface {
	Send(ctx context.Context, to Device, id string, n realtime.Notice) error
}

// Local is the Driver of a laptop: every device gets everything, and what it got
// is what the Pusher has recorded.
type Local struct{}

// Send implements [Driver].
func (Local) Send(context.Context, Device, string, realtime.Notice) error { return nil }

// Pusher pushes notices; it is a [realtime.Fallback].
type Pusher struct {
	db     *docs.DB
	driver Driver
	now    func() time.Time
}

// New returns a Pusher that keeps its records in db and sends by way of d. A nil
// now is time.Now.
func New(db *docs.DB, d Driver, now func() time.Time) *Pusher {
	if now == nil {
		now = time.Now
	}
	return &Pusher{db, d, func() time.Time { return now().UTC() }}
}

// Outcome is what became of a notice.
type Outcome string

// The outcomes.
const (
	Sent     Outcome = "sent"      // at least one device took it
	NoDevice Outcome = "no device" // the client has registered none that still exists
	Late     Outcome = "late"      // it was of no use any more
	Failed   Outcome = "failed"    // so far; it will be tried again
)

// Record is a notice and what became of it.
type Record struct {
	ID      string    `json:"id" firestore:"id"`
	Client  string    `json:"client" firestore:"client"`
	Kind    string    `json:"kind" firestore:"kind"`
	Text    string    `json:"text" firestore:"text"`
	At      time.Time `json:"at" firestore:"at"`
	Outcome Outcome   `json:"outcome" firestore:"outcome"`
	Devices []string  `json:"devices,omitempty" firestore:"devices"` // that took it
	Cause   string    `json:"cause,omitempty" firestore:"cause"`     // of a failure

	Expires time.Time `json:"-" firestore:"expires"`
}

// recordsKept is how long records are there for people to read. It is longer
// than anything is pushed again.
const recordsKept = 30 * 24 * time.Hour

func (p *Pusher) records() docs.Collection[Record] { return docs.In[Record](p.db, "pushes") }

// IDOf is the name of a notice among pushes: the same however often it is pushed.
func IDOf(n realtime.Notice) string { return string(event.DeriveID("push", n.ID)) }

// Push implements [realtime.Fallback]. After an error, push again: devices that
// have the notice do not get it twice.
func (p *Pusher) Push(ctx context.Context, n realtime.Notice) error {
	before := p.records().Lookup(IDOf(n))
	if err := p.db.Fetch(ctx, before); err != nil {
		return fmt.Errorf("push %s: %w", n.ID, err)
	}
	if before.Exists && before.Data.Outcome != Failed {
		return nil
	}
	r := Record{ID: before.ID, Client: n.Client.Name(), Kind: n.Kind, Text: n.Text, At: p.now(), Devices: before.Data.Devices}
	r.Expires = r.At.Add(recordsKept)
	dead, failed := p.send(ctx, n, &r)
	writes := []docs.Write{p.records().Replace(before, r)}
	for _, d := range dead {
		writes = append(writes, p.devices().Delete(d.ID))
	}
	if err := errors.Join(failed, p.db.Commit(ctx, writes...)); err != nil {
		return fmt.Errorf("push %s: %w", n.ID, err)
	}
	return nil
}

// send tries the client's devices, but for those that r has already, and notes in
// r what became of it. It returns the devices that are gone.
func (p *Pusher) send(ctx context.Context, n realtime.Notice, r *Record) (dead []Device, failed error) {
	if !n.Until.IsZero() && r.At.After(n.Until) {
		r.Outcome = Late
		return nil, nil
	}
	devices, failed := p.Devices(ctx, n.Client)
	took := map[string]bool{}
	for _, id := range r.Devices {
		took[id] = true
	}
	for _, d := range devices {
		if took[d.ID] {
			continue
		}
		err := p.driver.Send(ctx, d, r.ID, n)
		switch {
		case errors.Is(err, ErrGone):
			dead = append(dead, d)
		case err != nil:
			failed = errors.Join(failed, fmt.Errorf("device %s: %w", d.ID, err))
		default:
			r.Devices = append(r.Devices, d.ID)
		}
	}
	switch {
	case failed != nil:
		r.Outcome, r.Cause = Failed, failed.Error()
	case len(r.Devices) == 0:
		r.Outcome = NoDevice
	default:
		r.Outcome = Sent
	}
	return dead, failed
}

// List returns up to limit records that are older than before (zero: the newest),
// the newest first, of one client or, if that is empty, of all.
func (p *Pusher) List(ctx context.Context, client realtime.Audience, before time.Time, limit int) ([]Record, error) {
	q := p.records().Query()
	if client != "" {
		q = q.Where("client", "==", client.Name())
	}
	if !before.IsZero() {
		q = q.Where("at", "<", before)
	}
	found, err := q.OrderBy("at", docs.Desc).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list pushes: %w", err)
	}
	records := make([]Record, len(found))
	for i, d := range found {
		records[i] = d.Data
	}
	return records, nil
}

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{{Collection: "pushes", Fields: []string{"client", "-at"}}}
}

// Expiries are when documents of this package go.
func Expiries() []docs.Expiry {
	return []docs.Expiry{{Collection: "pushes", Field: "expires"}, {Collection: "devices", Field: "expires"}}
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{
		{Collection: "pushes", Field: "text"}, {Collection: "pushes", Field: "devices"}, {Collection: "pushes", Field: "cause"},
		{Collection: "devices", Field: "token"}, {Collection: "devices", Field: "platform"}, {Collection: "devices", Field: "seen"},
	}
}
