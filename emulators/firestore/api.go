package firestore

import (
	"context"
	"sync"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
	"lastmile/emulators/firestore/internal/txn"
)

// maxDatabases bounds what a client can create by naming it.
const maxDatabases = 1000

// api answers the RPCs; each file holds one group of them.
type api struct {
	pb.UnimplementedFirestoreServer
	options Options

	mu        sync.Mutex
	databases map[string]*database
}

// database is one database: it comes to be when it is first named.
type database struct {
	name  string
	store *store.Store
	txns  *txn.Manager
}

func newAPI(o Options) *api {
	return &api{options: o, databases: map[string]*database{}}
}

func (a *api) database(full string) (*database, error) {
	if err := name.CheckDatabase(full); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := a.databases[full]; d != nil {
		return d, nil
	}
	if len(a.databases) >= maxDatabases {
		return nil, status.Errorf(codes.ResourceExhausted, "Too many databases: %d.", maxDatabases)
	}
	s := store.New(full, store.Options{Now: a.options.Now})
	d := &database{name: full, store: s, txns: txn.NewManager(s, a.options.Now)}
	a.databases[full] = d
	return d, nil
}

func (a *api) housekeep() {
	for _, d := range a.all() {
		d.txns.Expire()
		d.store.Trim()
	}
}

func (a *api) all() (all []*database) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.databases {
		all = append(all, d)
	}
	return all
}

// reader reads at some consistency: in a transaction or at a time.
type reader interface {
	Get(context.Context, []name.Key) ([]*pb.Document, store.Time, error)
	Query(context.Context, *query.Query) (*store.Result, error)
}

// snapshot reads at a time, outside transactions.
type snapshot struct {
	store *store.Store
	at    store.Time
}

func (s snapshot) Get(_ context.Context, keys []name.Key) ([]*pb.Document, store.Time, error) {
	return s.store.Get(keys, s.at)
}

func (s snapshot) Query(_ context.Context, q *query.Query) (*store.Result, error) {
	return s.store.Query(q, s.at)
}
