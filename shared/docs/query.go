package docs

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
)

// The directions of [Query.OrderBy].
const (
	Asc  = firestore.Asc
	Desc = firestore.Desc
)

// Doc is a document that a query found.
type Doc[T any] struct {
	ID      string
	Data    T
	Updated time.Time
}

// Query selects documents of a collection. Its methods return a new query.
type Query[T any] struct {
	db      *DB
	path    string
	query   firestore.Query
	limited bool
}

// Query selects all documents of the collection.
func (c Collection[T]) Query() Query[T] {
	return Query[T]{db: c.db, path: c.path, query: c.db.client.Collection(c.path).Query}
}

// Where is [Query.Where] on all documents of the collection.
func (c Collection[T]) Where(field, op string, value any) Query[T] {
	return c.Query().Where(field, op, value)
}

// Where keeps documents whose field compares so; the operators are Firestore's.
func (q Query[T]) Where(field, op string, value any) Query[T] {
	q.query = q.query.Where(field, op, value)
	return q
}

// OrderBy sorts, after any order given before.
func (q Query[T]) OrderBy(field string, d firestore.Direction) Query[T] {
	q.query = q.query.OrderBy(field, d)
	return q
}

// After skips everything up to the document with these values of the fields
// that order the query.
func (q Query[T]) After(values ...any) Query[T] {
	q.query = q.query.StartAfter(values...)
	return q
}

// Select reads only these fields; none is only the ids.
func (q Query[T]) Select(fields ...string) Query[T] {
	q.query = q.query.Select(fields...)
	return q
}

// Limit bounds how many documents are found. [Query.All] needs it.
func (q Query[T]) Limit(n int) Query[T] {
	q.query = q.query.Limit(n)
	q.limited = n > 0
	return q
}

// All returns what the query finds, in one round trip.
func (q Query[T]) All(ctx context.Context) ([]Doc[T], error) {
	if !q.limited {
		return nil, fmt.Errorf("query %s: %w", q.path, ErrUnbounded)
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	snaps, err := q.query.Documents(ctx).GetAll()
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", q.path, classifyRead(err))
	}
	found := make([]Doc[T], len(snaps))
	for i, snap := range snaps {
		found[i] = Doc[T]{ID: snap.Ref.ID, Updated: snap.UpdateTime}
		if err := snap.DataTo(&found[i].Data); err != nil {
			return nil, fmt.Errorf("query %s: document %s: %w", q.path, snap.Ref.ID, err)
		}
	}
	return found, nil
}

// Count returns how many documents the query finds, without reading them.
func (q Query[T]) Count(ctx context.Context) (int, error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	result, err := q.query.NewAggregationQuery().WithCount("n").Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.path, classifyRead(err))
	}
	n, ok := result["n"].(*firestorepb.Value)
	if !ok {
		return 0, fmt.Errorf("count %s: answered %T", q.path, result["n"])
	}
	return int(n.GetIntegerValue()), nil
}
