// Package txn owns transactions: who has read what, who may commit.
//
// It promises that committed transactions are serializable. Pessimistic ones
// lock what they read; optimistic ones are checked when they commit; queries
// of both are run again then, so that nothing appeared in between. A commit
// outside a transaction waits for locks and is never aborted.
package txn

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/lock"
	"lastmile/emulators/firestore/internal/store"
)

// Google's limits on a transaction's life.
const (
	maxLife = 270 * time.Second
	maxIdle = 60 * time.Second
)

// maxOpen bounds the transactions in progress.
const maxOpen = 10_000

// Manager owns the transactions on one store.
type Manager struct {
	store *store.Store
	now   func() time.Time
	locks lock.Table
	ages  atomic.Int64

	mu   sync.Mutex
	open map[string]*Txn
}

// NewManager returns a Manager of transactions on s.
func NewManager(s *store.Store, now func() time.Time) *Manager {
	m := &Manager{store: s, now: now, open: map[string]*Txn{}}
	m.ages.Store(now().UnixNano()) // ids of an earlier process stay unknown
	return m
}

// Begin starts a transaction.
func (m *Manager) Begin(o *pb.TransactionOptions) (*Txn, error) {
	t := &Txn{manager: m, began: m.now(), age: m.ages.Add(1)}
	t.used.Store(t.began.UnixNano())
	id := binary.BigEndian.AppendUint64(nil, uint64(t.age))
	if err := t.configure(o); err != nil {
		return nil, err
	}
	t.id = binary.BigEndian.AppendUint64(id, uint64(t.age))
	t.owner = lock.NewOwner(t.age, false)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.open) >= maxOpen {
		return nil, status.Errorf(codes.ResourceExhausted, "Too many transactions in progress: %d.", len(m.open))
	}
	m.open[string(t.id)] = t
	return t, nil
}

// Find returns the transaction with an id.
func (m *Manager) Find(id []byte) (*Txn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.open[string(id)]
	if t == nil {
		return nil, errExpired
	}
	t.used.Store(m.now().UnixNano())
	return t, nil
}

var errExpired = status.Error(codes.InvalidArgument, "The referenced transaction has expired or is no longer valid.")

// Rollback ends the transaction with an id, if it still runs.
func (m *Manager) Rollback(id []byte) {
	if t, err := m.Find(id); err == nil {
		m.end(t)
	}
}

func (m *Manager) end(t *Txn) {
	m.mu.Lock()
	delete(m.open, string(t.id))
	m.mu.Unlock()
	m.locks.Abort(t.owner)
}

// Expire ends the transactions that have lasted or idled too long.
func (m *Manager) Expire() {
	now := m.now()
	for _, t := range m.expired(now) {
		m.end(t)
	}
}

func (m *Manager) expired(now time.Time) (old []*Txn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.open {
		idle := now.Sub(time.Unix(0, t.used.Load()))
		if now.Sub(t.began) > maxLife || idle > maxIdle {
			old = append(old, t)
		}
	}
	return old
}

// Commit applies writes outside any transaction.
func (m *Manager) Commit(ctx context.Context, writes []store.Write) (*store.Receipt, error) {
	o := lock.NewOwner(0, true)
	defer m.locks.Release(o)
	if err := m.lockWrites(ctx, o, writes); err != nil {
		return nil, err
	}
	return m.store.Commit(writes, nil)
}
