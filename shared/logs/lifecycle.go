package logs

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// patience bounds the wait for the store while a panic unwinds, and in
// BeginSync: a slow store must not hold up what matters.
const patience = time.Second

// Lifecycle is the one record of an operation. Its methods are safe for
// concurrent use.
type Lifecycle struct {
	logs  *Logs
	scope *scope
	trips counter
	began time.Time

	mu    sync.Mutex
	rec   Record
	attrs line  // members
	cause error // what made it fail, where that is not what End is told
	ended bool
}

// Begin opens the lifecycle record of an operation and a span for it. The
// record is stored as started within Options.Linger, and once more when End
// completes it; an operation shorter than that costs one write. Out gets the
// finished record only. The context carries f, the operation's name and a
// counter of round trips.
func Begin(ctx context.Context, l *Logs, operation string, f Fields, attrs ...slog.Attr) (context.Context, *Lifecycle) {
	f.Operation = operation
	s := scopeOf(ctx).with(f)
	s.span()
	began := l.now()
	op := &Lifecycle{logs: l, scope: s, began: began}
	op.trips.parent, op.trips.op = counterOf(ctx), op
	ctx = context.WithValue(s.in(ctx), counterKey{}, &op.trips)
	op.rec = l.newRecord(s, KindLifecycle, l.clock.stamp(began), slog.LevelInfo, operation)
	op.rec.ID, op.rec.State = newID(16), StateStarted
	op.Add(attrs...)
	l.store(op.rec, op.attrs.b)
	return ctx, op
}

// BeginSync is Begin for high stakes: the started record is in the store
// before the operation goes on, unless the store takes longer than a second.
func BeginSync(ctx context.Context, l *Logs, operation string, f Fields, attrs ...slog.Attr) (context.Context, *Lifecycle) {
	ctx, op := Begin(ctx, l, operation, f, attrs...)
	op.flush()
	return ctx, op
}

// flush waits a moment for the store. A store that is down is counted in
// Dropped, and is no reason to stop.
func (op *Lifecycle) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = op.logs.Flush(ctx)
}

// Add adds attributes to the record, for what is known only later.
func (op *Lifecycle) Add(attrs ...slog.Attr) {
	op.mu.Lock()
	defer op.mu.Unlock()
	for _, a := range attrs {
		op.attrs.attr(a, 0)
	}
}

// Status sets the status of the answer, as in HTTP.
func (op *Lifecycle) Status(code int) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.rec.Status = code
}

// learn takes up what became known while the operation ran, also in the record
// that is left if it never ends.
func (op *Lifecycle) learn(s *scope, f Fields) {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.ended {
		return
	}
	set(&op.rec.Operation, f.Operation)
	if op.rec.Caller == "" {
		op.rec.Caller = s.Caller
	}
	if op.rec.Job == "" {
		op.rec.Job = s.Job
	}
	known := len(op.rec.Entities)
	for _, name := range s.names {
		if len(op.rec.Entities) < maxEntities && !slices.Contains(op.rec.Entities, name) {
			op.rec.Entities = append(slices.Clip(op.rec.Entities), name)
		}
	}
	if len(op.rec.Entities) > known {
		op.logs.store(op.rec, op.attrs.b)
	}
}

// Fail tells the operation of ctx what made it fail, where its caller is told
// less. An operation that ends well forgets it.
func Fail(ctx context.Context, cause error) {
	if op := operationOf(ctx); op != nil {
		op.mu.Lock()
		defer op.mu.Unlock()
		op.cause = cause
	}
}

// Add adds attributes to the record of the operation of ctx.
func Add(ctx context.Context, attrs ...slog.Attr) {
	if op := operationOf(ctx); op != nil {
		op.Add(attrs...)
	}
}

// operationOf returns the innermost operation that ctx belongs to, or nil.
func operationOf(ctx context.Context) *Lifecycle {
	for c := counterOf(ctx); c != nil; c = c.parent {
		if c.op != nil {
			return c.op
		}
	}
	return nil
}

// Step leaves a record of its own for one step of a longer path.
func (op *Lifecycle) Step(name string, attrs ...slog.Attr) {
	r := op.logs.newRecord(op.scope, KindStep, op.logs.clock.stamp(op.logs.now()), slog.LevelInfo, name)
	r.ID, r.State, r.Lifecycle = newID(16), StateOK, op.rec.ID
	r.TookMS = milliseconds(op.logs.now().Sub(op.began))
	l := borrowLine()
	defer l.release()
	for _, a := range attrs {
		l.attr(a, 0)
	}
	_ = op.logs.emit(op.scope, r, l.b, 0)
}

// End completes the record with what happened: defer op.End(&err). A nil errp,
// or one that points to nil, is success. A panic is recorded with its stack,
// stored, and goes on.
func (op *Lifecycle) End(errp *error) {
	if p := recover(); p != nil {
		op.finish(op.logs.failure(Panicked(p)))
		op.flush()
		panic(p)
	}
	if errp != nil && *errp != nil {
		op.finish(op.logs.failure(op.reason(*errp)))
		return
	}
	op.finish(nil)
}

// reason is what [Fail] told, else err.
func (op *Lifecycle) reason(err error) error {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.cause != nil {
		return op.cause
	}
	return err
}

func (op *Lifecycle) finish(f *Failure) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.ended = true
	r := op.rec
	r.State, r.Level = outcome(f, r.Status)
	r.Error = f
	took := op.logs.now().Sub(op.began)
	r.TookMS = milliseconds(took)
	r.TripsBy = op.trips.snapshot()
	r.Trips, _ = r.TripsBy.Total()
	op.logs.slow.judge(&r, took, &op.trips)
	_ = op.logs.emit(op.scope, r, op.attrs.b, 0)
}

// outcome returns the state and severity of a finished operation. Nobody is
// called for what a client cancelled.
func outcome(f *Failure, status int) (State, string) {
	switch {
	case f != nil && f.Class == classCancelled.Name:
		return StateError, severity(slog.LevelWarn)
	case f != nil:
		return StateError, severity(slog.LevelError)
	case status >= 500:
		return StateError, severity(slog.LevelError)
	default:
		return StateOK, severity(slog.LevelInfo)
	}
}
