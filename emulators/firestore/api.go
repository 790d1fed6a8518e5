package firestore

import (
	"errors"
	"sync"
	"sync/atomic"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/schema"
)

// maxDatabases bounds what a client can create by naming it.
const maxDatabases = 1000

// api answers the RPCs; each file holds one group of them.
type api struct {
	pb.UnimplementedFirestoreServer
	options Options
	closing chan struct{} // closed when the server ends
	schema  atomic.Pointer[schema.Schema]

	mu        sync.Mutex
	databases map[string]*database
}

// newAPI opens the databases that the options' directory keeps.
func newAPI(o Options) (*api, error) {
	a := &api{options: o, closing: make(chan struct{}), databases: map[string]*database{}}
	if err := a.declare(o.Indexes); err != nil {
		return nil, err
	}
	names, err := databasesIn(o.Dir)
	if err != nil {
		return nil, err
	}
	for _, full := range names {
		if _, err := a.database(full); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

// declare replaces the declared indexes; nil declares nothing and allows all.
func (a *api) declare(indexes []byte) error {
	if indexes == nil {
		a.schema.Store(nil)
		return nil
	}
	s, err := schema.Parse(indexes)
	if err != nil {
		return err
	}
	a.schema.Store(s)
	return nil
}

// database returns the database with a name, opening it if need be.
func (a *api) database(full string) (*database, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := a.databases[full]; d != nil {
		return d, nil
	}
	if err := name.CheckDatabase(full); err != nil {
		return nil, err
	}
	if len(a.databases) >= maxDatabases {
		return nil, status.Errorf(codes.ResourceExhausted, "Too many databases: %d.", maxDatabases)
	}
	d, err := openDatabase(full, a.options.Dir, a.options.Now)
	if err != nil {
		return nil, err
	}
	a.databases[full] = d
	return d, nil
}

func (a *api) all() (all []*database) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.databases {
		all = append(all, d)
	}
	return all
}

func (a *api) close() error {
	var errs []error
	for _, d := range a.all() {
		errs = append(errs, d.close())
	}
	return errors.Join(errs...)
}
