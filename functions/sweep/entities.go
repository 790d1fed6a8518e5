package sweep

import (
	"context"
	"errors"

	"lastmile/shared/attachment"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
)

// Entities are what files belong to.
type Entities struct {
	db       *docs.DB
	catalogs *catalogdb.Store
}

// NewEntities returns those in db.
func NewEntities(db *docs.DB) *Entities { return &Entities{db: db, catalogs: catalogdb.New(db)} }

// homes are the collections in which an entity may be found.
var homes = map[string][]string{"order": {"orders"}, "job": {"jobs"}, "shop": {"shops", "catalogs"}}

// Needs reports whether a file's entity is still there: for a picture that was
// fetched from a provider, an item that shows it.
func (e *Entities) Needs(ctx context.Context, f attachment.File) (bool, error) {
	entity, id := f.Owner.Parts()
	if f.Kind == attachment.ItemPicture && f.Source != nil {
		return e.catalogs.Shows(ctx, id, f.Source.URL)
	}
	for _, collection := range homes[entity] {
		l := docs.In[struct{}](e.db, collection).Lookup(id)
		err := e.db.Fetch(ctx, l)
		if errors.Is(err, docs.ErrBadID) {
			return false, nil // nothing has such a name
		}
		if l.Exists || err != nil {
			return true, err
		}
	}
	return false, nil
}
