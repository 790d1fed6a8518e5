// Package docs keeps documents in Firestore.
//
// It owns how this system uses Firestore: typed collections, one-round-trip
// reads of any mix of documents ([DB.Fetch]) and atomic writes ([DB.Commit]),
// with the events that follow from a write in the same commit ([Emit]) and
// effects that count once for each event ([Once]).
//
// Every call ends by its context's deadline, or after half a minute; one that
// Firestore refuses for the moment is tried again for two seconds. Every round trip
// is counted in the caller's record.
package docs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/shared/bus"
	"lastmile/shared/event"
)

// Publisher sends the events that commits emit; [*bus.Bus] is one.
type Publisher interface {
	Send(ctx context.Context, messages ...bus.Message) error
}

// Options says where Firestore is and where its events go.
type Options struct {
	Project string

	// Database is the database's id; empty for the default one.
	Database string

	// EmulatorHost is the address of an emulator, as in FIRESTORE_EMULATOR_HOST;
	// empty for Google's own service.
	EmulatorHost string

	// Publisher may be nil where no commit emits events.
	Publisher Publisher

	// Log is told of events that could not be published at once; nil is the
	// default logger.
	Log *slog.Logger
}

// DB is a Firestore database. It is safe for concurrent use.
type DB struct {
	client    *firestore.Client
	publisher Publisher
	log       *slog.Logger
}

// Open connects to Firestore. It does not wait for an answer.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Database == "" {
		o.Database = firestore.DefaultDatabaseID
	}
	opts, err := clientOptions(o.EmulatorHost)
	if err != nil {
		return nil, fmt.Errorf("open firestore: %w", err)
	}
	client, err := firestore.NewClientWithDatabase(ctx, o.Project, o.Database, opts...)
	if err != nil {
		return nil, fmt.Errorf("open firestore: %w", err)
	}
	return &DB{client: client, publisher: o.Publisher, log: o.Log}, nil
}

func clientOptions(emulator string) ([]option.ClientOption, error) {
	dial := []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(retryUnary, shadowUnary, meterUnary),
		grpc.WithChainStreamInterceptor(retryStream, shadowStream, meterStream),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20)),
	}
	if emulator == "" {
		opts := make([]option.ClientOption, len(dial))
		for i, d := range dial {
			opts[i] = option.WithGRPCDialOption(d)
		}
		return opts, nil
	}
	conn, err := grpc.NewClient(emulator, append(dial,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(owner{}),
	)...)
	if err != nil {
		return nil, err
	}
	return []option.ClientOption{option.WithGRPCConn(conn)}, nil
}

// owner is the credential by which emulators skip security rules.
type owner struct{}

func (owner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (owner) RequireTransportSecurity() bool { return false }

// Close disconnects.
func (db *DB) Close() error { return db.client.Close() }

// callTimeout ends calls whose context has no deadline.
const callTimeout = 30 * time.Second

// withDeadline returns ctx for one call.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = bounded(ctx)
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, callTimeout)
}

// encode returns the wire form of events.
func encode(ctx context.Context, events []event.Event) ([]bus.Message, error) {
	messages := make([]bus.Message, len(events))
	for i, e := range events {
		m, err := bus.Encode(ctx, e)
		if err != nil {
			return nil, err
		}
		messages[i] = m
	}
	return messages, nil
}
