package docs

import (
	"context"
	"fmt"

	"cloud.google.com/go/firestore"

	"lastmile/shared/bus"
)

// Tx is a transaction: what it fetched cannot change before it commits.
type Tx struct {
	db       *DB
	tx       *firestore.Transaction
	writes   []Write
	messages []bus.Message
}

// Transact runs f and commits its writes. It runs f again, up to five times,
// when another transaction was in the way, so f must have no other effect. It
// costs three round trips or more, and locks what it fetches: where one document
// decides, [DB.Commit] with [Collection.Create] or [Collection.Replace] is
// better.
func (db *DB) Transact(ctx context.Context, f func(ctx context.Context, tx *Tx) error) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	last := &Tx{db: db} // of the last run; none if the transaction cannot begin
	var refused error
	err := db.client.RunTransaction(ctx, func(ctx context.Context, t *firestore.Transaction) error {
		last = &Tx{db: db, tx: t}
		if refused = f(ctx, last); refused != nil {
			return refused
		}
		last.messages, refused = db.addAll(ctx, t, last.writes)
		return refused
	})
	switch {
	case refused != nil:
		return refused
	case err != nil:
		return db.failed(ctx, last.writes, fmt.Errorf("transaction: %w", err))
	}
	made(last.writes)
	db.publish(ctx, last.messages)
	return nil
}

// Fetch is [DB.Fetch] in the transaction. It comes before the first Write.
func (tx *Tx) Fetch(lookups ...Fetcher) error {
	return tx.db.fetch(lookups, tx.tx.GetAll)
}

// Write adds writes to what the transaction commits.
func (tx *Tx) Write(writes ...Write) { tx.writes = append(tx.writes, writes...) }
