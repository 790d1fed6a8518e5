package catalogdb

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
)

// versions remembers versions of settings, so that the pages of a sync read
// theirs once in each process. They never change, so none is ever out of date.
type versions struct {
	mu sync.Mutex
	of map[version]*remembered // guarded by mu
}

type version struct {
	shop string
	n    int
}

// remembered is one version; whoever reads it first holds mu meanwhile.
type remembered struct {
	mu       sync.Mutex
	known    bool             // guarded by mu
	settings catalog.Settings // guarded by mu
}

// maxVersions bounds the memory; beyond, it starts anew.
const maxVersions = 1000

func (v *versions) find(key version) *remembered {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.of[key]
	if r == nil {
		if v.of == nil || len(v.of) >= maxVersions {
			v.of = map[version]*remembered{}
		}
		r = &remembered{}
		v.of[key] = r
	}
	return r
}

// Settings returns a version of a shop's settings, or [ErrNoCatalog]. Only the
// first call for a version reads the database.
func (s *Store) Settings(ctx context.Context, shop string, n int) (catalog.Settings, error) {
	r := s.versions.find(version{shop, n})
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known {
		return r.settings, nil
	}
	stored, err := s.revisions(shop).Get(ctx, versionID(n))
	switch {
	case errors.Is(err, docs.ErrNotFound):
		return catalog.Settings{}, fmt.Errorf("%w: version %d of shop %s", ErrNoCatalog, n, shop)
	case err != nil:
		return catalog.Settings{}, err
	}
	r.settings, r.known = stored.Settings, true
	return r.settings, nil
}
