package txn

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/lock"
	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/store"
)

// patience is how long the first attempt of a transaction waits for others
// that have read what it wants to read, before it reads beside them. Waiting
// makes most contention harmless: two that read one document in order to
// write it cannot both succeed.
const patience = 50 * time.Millisecond

// maxWait is how long a transaction waits for a lock before it is aborted.
const maxWait = 20 * time.Second

var errAborted = status.Error(codes.Aborted,
	"Aborted due to cross-transaction contention. This occurs when multiple transactions attempt to access the same data, requiring Firestore to abort at least one in order to enforce serializability.")

// Lock keys. A group lock stands for all documents of the collections with one
// id; everybody who writes to one has Intent on it and on anyGroup.
const anyGroup = "*"

func groupKey(id string) string {
	if id == "" {
		return anyGroup
	}
	return "*" + id
}

func documentKey(k name.Key) string { return "/" + string(k) }

// lockWrites locks what writes touch, in an order that all commits follow.
func (m *Manager) lockWrites(ctx context.Context, o *lock.Owner, writes []store.Write) error {
	groups, keys := []string{anyGroup}, make([]string, 0, len(writes))
	for _, w := range writes {
		keys = append(keys, documentKey(w.Key))
		if g := groupKey(w.Key.Group()); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	slices.Sort(groups)
	slices.Sort(keys)
	for _, g := range groups {
		if _, err := m.locks.Acquire(ctx, o, g, lock.Intent); err != nil {
			return refusal(ctx, err)
		}
	}
	for _, k := range slices.Compact(keys) {
		if _, err := m.locks.Acquire(ctx, o, k, lock.Exclusive); err != nil {
			return refusal(ctx, err)
		}
	}
	return nil
}

// refusal is the answer to a caller whose lock was not granted.
func refusal(ctx context.Context, err error) error {
	if errors.Is(err, lock.ErrAborted) || ctx.Err() == nil || context.Cause(ctx) == errAborted {
		return errAborted
	}
	return status.FromContextError(err).Err()
}

// lockRead locks documents that t reads.
func (t *Txn) lockRead(ctx context.Context, keys []name.Key) (waited bool, err error) {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if t.retry {
		patient = ctx
	}
	sorted := slices.Sorted(slices.Values(keys))
	for _, k := range slices.Compact(sorted) {
		w, err := t.lockOne(ctx, patient, documentKey(k))
		if err != nil {
			return false, refusal(ctx, err)
		}
		waited = waited || w
	}
	return waited, nil
}

// lockOne locks for update. It shares when patience runs out, and at once what
// readers do not write as a rule.
func (t *Txn) lockOne(ctx, patient context.Context, key string) (waited bool, err error) {
	if !t.retry && t.manager.locks.Calm(key) {
		return t.manager.locks.Acquire(ctx, t.owner, key, lock.Shared)
	}
	waited, err = t.manager.locks.Acquire(patient, t.owner, key, lock.Update)
	if err != nil && !errors.Is(err, lock.ErrAborted) && ctx.Err() == nil {
		_, err = t.manager.locks.Acquire(ctx, t.owner, key, lock.Shared)
	}
	return waited, err
}
