package txn

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"io"
	"sync"
	"sync/atomic"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/lock"
	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
)

// Txn is a transaction.
type Txn struct {
	manager    *Manager
	id         []byte // its own age, then the age of its first attempt
	age        int64  // of the first attempt
	began      time.Time
	used       atomic.Int64 // UnixNano
	readOnly   bool
	optimistic bool
	retry      bool // an earlier attempt was aborted: read for update
	owner      *lock.Owner

	mu      sync.Mutex // one call at a time; guards what follows
	at      store.Time // of all reads, unless pessimistic; 0 until known
	seen    map[name.Key]store.Time
	queries []ran
}

// ran is a query with a hash of what it returned.
type ran struct {
	query *query.Query
	sum   uint64
}

// ID is the transaction's name on the wire.
func (t *Txn) ID() []byte { return t.id }

func (t *Txn) configure(o *pb.TransactionOptions) error {
	switch mode := o.GetMode().(type) {
	case *pb.TransactionOptions_ReadOnly_:
		t.readOnly = true
		t.at = t.manager.store.Now()
		if at := mode.ReadOnly.GetReadTime(); at != nil {
			t.at = store.TimeOf(at)
		}
	case *pb.TransactionOptions_ReadWrite_:
		t.optimistic = mode.ReadWrite.GetConcurrencyMode() == pb.TransactionOptions_OPTIMISTIC
		return t.resume(mode.ReadWrite.GetRetryTransaction())
	}
	return nil
}

// resume keeps the seniority of the attempt that id names.
func (t *Txn) resume(id []byte) error {
	if len(id) == 0 {
		return nil
	}
	if len(id) != 16 {
		return status.Error(codes.InvalidArgument, "The transaction to retry is not one of this database.")
	}
	t.retry = true
	t.age = int64(binary.BigEndian.Uint64(id[8:]))
	return nil
}

func (t *Txn) pessimistic() bool { return !t.readOnly && !t.optimistic }

// enter is called first by every operation.
func (t *Txn) enter(ctx context.Context) (context.Context, context.CancelFunc, error) {
	t.mu.Lock()
	if t.manager.locks.Aborted(t.owner) {
		t.mu.Unlock()
		return nil, nil, errAborted
	}
	if t.optimistic && t.at == 0 {
		t.at = t.manager.store.Now()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxWait, errAborted)
	return ctx, func() { cancel(); t.mu.Unlock() }, nil
}

// time is what the transaction reads at.
func (t *Txn) time() store.Time {
	if t.pessimistic() {
		return store.Latest
	}
	return t.at
}

// Get reads documents; what is missing is nil.
func (t *Txn) Get(ctx context.Context, keys []name.Key) ([]*pb.Document, store.Time, error) {
	ctx, leave, err := t.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	if t.pessimistic() {
		if _, err := t.lockRead(ctx, keys); err != nil {
			return nil, 0, err
		}
	}
	docs, read, err := t.manager.store.Get(keys, t.time())
	if t.optimistic {
		t.note(keys, docs)
	}
	return docs, read, err
}

func (t *Txn) note(keys []name.Key, docs []*pb.Document) {
	if t.seen == nil {
		t.seen = map[name.Key]store.Time{}
	}
	for i, doc := range docs {
		t.seen[keys[i]] = 0
		if doc != nil {
			t.seen[keys[i]] = store.TimeOf(doc.UpdateTime)
		}
	}
}

// Query runs q.
func (t *Txn) Query(ctx context.Context, q *query.Query) (*store.Result, error) {
	ctx, leave, err := t.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var res *store.Result
	if t.pessimistic() {
		res, err = t.lockedQuery(ctx, q)
	} else {
		res, err = t.manager.store.Query(q, t.time())
	}
	if err == nil && !t.readOnly {
		t.queries = append(t.queries, ran{q, sum(res)})
	}
	return res, err
}

// lockedQuery locks what it returns. A retry also keeps everybody else from
// writing to the collections it looks at.
func (t *Txn) lockedQuery(ctx context.Context, q *query.Query) (*store.Result, error) {
	if t.retry {
		if _, err := t.manager.locks.Acquire(ctx, t.owner, groupKey(q.Scope.Collection), lock.Exclusive); err != nil {
			return nil, refusal(ctx, err)
		}
	}
	for {
		res, err := t.manager.store.Query(q, store.Latest)
		if err != nil {
			return nil, err
		}
		waited, err := t.lockResult(ctx, res)
		if err != nil {
			return nil, err
		}
		if !waited {
			return res, nil
		}
	}
}

func (t *Txn) lockResult(ctx context.Context, res *store.Result) (waited bool, err error) {
	for k := range res.Keys() {
		w, err := t.manager.locks.Acquire(ctx, t.owner, documentKey(k), lock.Shared)
		if err != nil {
			return false, refusal(ctx, err)
		}
		waited = waited || w
	}
	return waited, nil
}

// Commit applies writes and ends the transaction, whatever the outcome.
func (t *Txn) Commit(ctx context.Context, writes []store.Write) (*store.Receipt, error) {
	ctx, leave, err := t.enter(ctx)
	defer t.manager.end(t)
	if err != nil {
		return nil, err
	}
	defer leave()
	if t.readOnly && len(writes) > 0 {
		return nil, status.Error(codes.InvalidArgument, "Cannot modify entities in a read-only transaction.")
	}
	if err := t.manager.lockWrites(ctx, t.owner, writes); err != nil {
		return nil, err
	}
	receipt, err := t.manager.store.Commit(writes, t.valid)
	if err == nil {
		t.manager.locks.Finish(t.owner)
	}
	return receipt, err
}

// valid refuses a commit if something the transaction has read is different.
func (t *Txn) valid(v store.View) error {
	for k, version := range t.seen {
		if v.Version(k) != version {
			return errAborted
		}
	}
	for _, r := range t.queries {
		if sum(v.Query(r.query)) != r.sum {
			return errAborted
		}
	}
	return nil
}

// sum hashes the names and versions of what a query found.
func sum(res *store.Result) uint64 {
	h := fnv.New64a()
	for k, at := range res.Keys() {
		_, _ = io.WriteString(h, string(k)) // a hash never fails
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(at)))
	}
	return h.Sum64()
}
