package docs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cloud.google.com/go/firestore"

	"lastmile/shared/bus"
	"lastmile/shared/shadow"
)

// unsent is a document of the outbox: an event that was committed and, as far
// as is known, not yet published.
type unsent struct {
	Message bus.Message `firestore:"message"`
	Created time.Time   `firestore:"created"`
}

func outbox(db *DB) Collection[unsent] { return In[unsent](db, "outbox") }

func outboxed(db *DB, m bus.Message) Write {
	return outbox(db).Set(m.ID(), unsent{Message: m, Created: time.Now().UTC()})
}

// publish sends what was committed and clears the outbox of it. What goes wrong
// here is repaired by [DB.SweepOutbox].
func (db *DB) publish(ctx context.Context, messages []bus.Message) {
	if len(messages) == 0 || shadow.Dry(ctx) {
		return
	}
	ctx = shadow.Without(ctx) // the commit noted them
	if err := db.send(ctx, messages); err != nil {
		db.log.WarnContext(ctx, "events wait in the outbox", slog.Int("events", len(messages)), slog.Any("error", err))
	}
}

func (db *DB) send(ctx context.Context, messages []bus.Message) error {
	if db.publisher == nil {
		return fmt.Errorf("publish %s: no publisher", messages[0].Topic)
	}
	if err := db.publisher.Send(ctx, messages...); err != nil {
		return err
	}
	writes := make([]Write, len(messages))
	for i, m := range messages {
		writes[i] = outbox(db).Delete(m.ID())
	}
	return db.Commit(ctx, writes...)
}

// SweepOutbox publishes up to limit events that have been waiting since before,
// and returns how many it published.
func (db *DB) SweepOutbox(ctx context.Context, before time.Time, limit int) (int, error) {
	waiting, err := outbox(db).Where("created", "<", before).OrderBy("created", firestore.Asc).Limit(limit).All(ctx)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	messages := make([]bus.Message, len(waiting))
	for i, w := range waiting {
		messages[i] = w.Data.Message
	}
	if db.send(ctx, messages) == nil {
		return len(messages), nil
	}
	return db.sendEach(ctx, messages)
}

// sendEach sends messages one by one: one that cannot be published holds up no
// other.
func (db *DB) sendEach(ctx context.Context, messages []bus.Message) (sent int, err error) {
	var errs []error
	for _, m := range messages {
		if err := db.send(ctx, []bus.Message{m}); err != nil {
			errs = append(errs, fmt.Errorf("sweep outbox: %w", err))
			continue
		}
		sent++
	}
	return sent, errors.Join(errs...)
}
