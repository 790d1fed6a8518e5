// Package logs owns the structured records of every service: one schema, one
// handler behind [log/slog], one lifecycle record for every operation.
//
// It promises that
//   - a record is one line of JSON for Cloud Logging and, when there is a
//     [Store], the same record in a bounded buffer that is appended in batches;
//   - logging never waits for the store: a full buffer drops and counts, and
//     says so in a record once the store takes records again;
//   - what [With] put into the context stands in every record below it, and
//     [Carry] and [Restore] take it across HTTP, events and timers;
//   - an operation that began is visible as started, and as finished only if
//     it finished: see [Begin];
//   - an operation that takes longer than its class may says what it waited for;
//   - secrets and personal data are masked by type and by key.
package logs

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the knobs of New; the zero value logs to the standard output.
type Options struct {
	Service   string                       // the function or program, in every record
	Level     slog.Leveler                 // lowest level that is logged; nil: info
	Out       io.Writer                    // one line of JSON a record; nil: os.Stdout
	Store     Store                        // keeps the records; nil: they are not persisted
	Classify  func(error) Class            // the services' own errors; a zero Class: not one of them
	Now       func() time.Time             // nil: time.Now
	Buffer    int                          // records waiting for the store; 0: 4096
	Linger    time.Duration                // longest wait of a record for company; 0: 50 ms
	Retention map[slog.Level]time.Duration // from this level up; nil: 1, 14, 30 and 90 days from debug to error
	SlowAfter Thresholds                   // from when on an operation is slow; nil: none is
	Project   string                       // Google Cloud project, for the trace field of Cloud Logging
}

// Store keeps records. Append is idempotent by Record.ID: a later record of
// the same id replaces the earlier one. It must not keep rs.
type Store interface {
	Append(ctx context.Context, rs []Record) error
}

// Logs writes records. It is safe for concurrent use.
type Logs struct {
	opts   Options
	keep   retention
	trace  []byte // rendered once: the trace field of Cloud Logging, up to the id
	labels []byte // rendered once: the labels of Cloud Logging
	clock  clock
	slow   *detector // nil without thresholds
	queue  *queue    // nil without a store

	mu  sync.Mutex // serialises out
	out io.Writer
}

// New returns Logs that write as o says. Close them to keep what is buffered.
func New(o Options) *Logs {
	if o.Out == nil {
		o.Out = os.Stdout
	}
	o.Service = cut(o.Service, maxField)
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	l := &Logs{
		opts: o, keep: newRetention(o.Retention), trace: renderTrace(o.Project), labels: renderLabels(o.Service),
		clock: clock{now: o.Now}, slow: newDetector(o.SlowAfter), out: o.Out,
	}
	if o.Store != nil {
		l.queue = startQueue(o.Store, o.Buffer, o.Linger, l.reportLoss)
	}
	return l
}

// Logger returns the slog front of l.
func (l *Logs) Logger() *slog.Logger { return slog.New(&handler{logs: l}) }

// Flush waits until everything logged before it is in the store, no longer than
// ctx allows: give it a deadline. Flushes at the same time share one Append.
// While the store is known to be down it returns [ErrStoreDown] at once, so that
// requests go on.
func (l *Logs) Flush(ctx context.Context) error {
	if l.queue == nil {
		return nil
	}
	return l.queue.flush(ctx)
}

// Flushing begins a flush. What it returns says when that is over.
func (l *Logs) Flushing() Flight {
	if l.queue == nil {
		return Flight{}
	}
	return l.queue.flight()
}

// Dropped is the number of records that a full buffer or a dead store cost.
func (l *Logs) Dropped() int64 {
	if l.queue == nil {
		return 0
	}
	return l.queue.dropped.Load()
}

// Stats says how the records of a process fare.
type Stats struct {
	Waiting int   `json:"waiting" doc:"records that the store does not have yet"`
	Dropped int64 `json:"dropped" doc:"records that a full buffer or a dead store cost since the start"`
	Down    bool  `json:"down" doc:"the store refused the last records"`
}

// Stats returns how the records fare.
func (l *Logs) Stats() Stats {
	if l.queue == nil {
		return Stats{}
	}
	return l.queue.stats()
}

// Close tries once more to store what is buffered and ends the writer. What
// is logged afterwards is written to Out only, and counted as dropped.
func (l *Logs) Close(ctx context.Context) error {
	if l.queue == nil {
		return nil
	}
	return l.queue.close(ctx)
}

// emit writes the line of r and hands r to the queue. attrs are the attributes
// as JSON members without the braces.
func (l *Logs) emit(s *scope, r Record, attrs []byte, pc uintptr) error {
	line := borrowLine()
	defer line.release()
	line.record(l, &r, attrs, pc)
	err := l.write(line.b)
	if !s.private {
		l.store(r, attrs)
	}
	return err
}

func (l *Logs) write(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.out.Write(line)
	return err
}

// store hands r to the queue, with a copy of attrs.
func (l *Logs) store(r Record, attrs []byte) {
	if l.queue == nil {
		return
	}
	if r.Time.IsZero() {
		r.Time = l.clock.stamp(l.now())
	}
	r.Expires = r.Time.Add(l.keep[r.Level])
	l.queue.put(entry{Record: r, attrs: bytes.Clone(attrs)})
}

// reportLoss says, once records are stored again, how many were lost.
func (l *Logs) reportLoss(lost int64) {
	l.Logger().Warn("log records were dropped", dropped, lost)
}

// clock tells the time of records. Two records of one process never share a
// microsecond, which is what a store keeps, so they sort as they were written.
type clock struct {
	now  func() time.Time // nil: the record's own time
	last atomic.Int64     // microseconds
}

// stamp returns a time of its own for a record that was made at t.
func (c *clock) stamp(t time.Time) time.Time {
	for {
		last := c.last.Load()
		us := max(t.UnixMicro(), last+1)
		if c.last.CompareAndSwap(last, us) {
			return time.UnixMicro(us).UTC()
		}
	}
}

// timeOf returns the time of a record of slog; zero stays zero.
func (l *Logs) timeOf(sr slog.Record) time.Time {
	switch {
	case l.clock.now != nil:
		return l.clock.stamp(l.clock.now())
	case sr.Time.IsZero():
		return sr.Time
	default:
		return l.clock.stamp(sr.Time)
	}
}

// now returns the injected time, else the process's.
func (l *Logs) now() time.Time {
	if l.clock.now != nil {
		return l.clock.now()
	}
	return time.Now()
}
