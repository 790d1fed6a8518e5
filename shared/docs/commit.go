package docs

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/firestore"

	"lastmile/shared/bus"
)

// Commit makes all writes or none, in one round trip, and then publishes the
// events that they emit. It returns [ErrExists], [ErrConflict], [ErrDuplicate],
// [ErrNotFound], [ErrTooLarge] or [ErrUnavailable]; only after the last may the
// writes have been made.
//
// A commit whose events cannot be published now has succeeded: they stay in the
// outbox until [DB.SweepOutbox] publishes them.
func (db *DB) Commit(ctx context.Context, writes ...Write) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	b := &commit{batch: db.client.Batch()} //lint:ignore SA1019 it is the only atomic Commit in one round trip: a transaction costs two and takes locks
	messages, err := db.addAll(ctx, b, writes)
	if err != nil {
		return err
	}
	if b.writes == 0 {
		return nil
	}
	if _, err := b.batch.Commit(ctx); err != nil {
		return db.failed(ctx, writes, err)
	}
	made(writes)
	db.publish(ctx, messages)
	return nil
}

// addAll adds writes to b, and the outbox documents of their events, which it
// returns.
func (db *DB) addAll(ctx context.Context, b batch, writes []Write) ([]bus.Message, error) {
	var emitted []bus.Message
	for _, w := range writes {
		messages, err := encode(cmp.Or(w.origin, ctx), w.events)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if err := db.add(b, outboxed(db, m)); err != nil {
				return nil, err
			}
		}
		emitted = append(emitted, messages...)
		if w.add == nil {
			continue
		}
		if err := db.add(b, w); err != nil {
			return nil, err
		}
	}
	return emitted, nil
}

// made calls whom writes tell that they have been made.
func made(writes []Write) {
	for _, w := range writes {
		if w.then != nil {
			w.then()
		}
	}
}

func (db *DB) add(b batch, w Write) error {
	ref, err := db.ref(w.path)
	if err != nil {
		return err
	}
	return w.add(b, ref)
}

// failed returns the error of a commit that was refused. A refused create may be
// the inbox's, which means a repeat: the inbox itself is asked, since Firestore
// does not say which write failed.
func (db *DB) failed(ctx context.Context, writes []Write, err error) error {
	err = fmt.Errorf("commit: %w", classify(err))
	if !errors.Is(err, ErrExists) {
		return err
	}
	for _, w := range writes {
		if !w.once {
			continue
		}
		l := &Lookup[handled]{path: w.path}
		if e := db.Fetch(ctx, l); e != nil {
			return errors.Join(err, e)
		}
		if l.Exists {
			return fmt.Errorf("%w: %s", ErrDuplicate, w.path)
		}
	}
	return err
}

// commit is a batch that becomes one Commit.
type commit struct {
	batch  *firestore.WriteBatch //lint:ignore SA1019 see DB.Commit
	writes int
}

func (c *commit) Create(ref *firestore.DocumentRef, v any) error {
	c.writes++
	c.batch.Create(ref, v)
	return nil
}

func (c *commit) Set(ref *firestore.DocumentRef, v any, opts ...firestore.SetOption) error {
	c.writes++
	c.batch.Set(ref, v, opts...)
	return nil
}

func (c *commit) Update(ref *firestore.DocumentRef, updates []firestore.Update, opts ...firestore.Precondition) error {
	c.writes++
	c.batch.Update(ref, updates, opts...)
	return nil
}

func (c *commit) Delete(ref *firestore.DocumentRef, opts ...firestore.Precondition) error {
	c.writes++
	c.batch.Delete(ref, opts...)
	return nil
}
