// Package catalogdb keeps catalogues in Firestore.
//
// It owns the documents catalogs/{shop}, with their versions and manifests, and
// writes shops/{shop}/items. It promises:
//   - who edits settings overwrites no change that they have not seen, and every
//     version is kept, with who made it and when;
//   - an item and its entry in a manifest change in one commit, so that what a
//     manifest says is stored;
//   - an item is marked unavailable by [Store.Complete] only, once for each sync,
//     however often that is called or dies.
package catalogdb

import (
	"errors"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
)

// What callers branch on.
var (
	// ErrNoCatalog is returned for a shop that has no catalogue, or no such version.
	ErrNoCatalog = errors.New("no catalogue")

	// ErrStale is returned for a change of settings that have been changed since.
	ErrStale = errors.New("settings have been changed")

	// ErrNoItem is returned for an item that is not there.
	ErrNoItem = errors.New("no such item")
)

// Store keeps catalogues. It is safe for concurrent use.
type Store struct {
	db       *docs.DB
	versions versions
}

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db: db} }

// Revision is one version of a shop's settings, which never changes.
type Revision struct {
	Version  int              `firestore:"version" json:"version"` // from 1
	By       string           `firestore:"by" json:"by"`
	At       time.Time        `firestore:"at" json:"at"`
	Settings catalog.Settings `firestore:"settings" json:"settings"`
}

// Catalog is where a shop's catalogue stands.
type Catalog struct {
	Current Revision `firestore:"current"`

	// Active is that of the settings, for the query.
	Active bool `firestore:"active"`

	Syncs Syncs `firestore:"syncs"`
}

// Syncs is what is known of a shop's syncs. Times are of their starts.
type Syncs struct {
	Last     Sync `firestore:"last"`     // the last that began
	Complete Sync `firestore:"complete"` // the last of which every page succeeded
	Whole    Sync `firestore:"whole"`    // the last of those that listed every item
}

// Sync is one sync of a catalogue.
type Sync struct {
	Job      string    `firestore:"job" json:"job"`
	Started  time.Time `firestore:"started" json:"started"`
	Settings int       `firestore:"settings" json:"settings"` // the version it ran with

	// Oldest is when the first of its pages was read, Finished when the last item
	// was stored; zero for one that may not be over.
	Oldest   time.Time `firestore:"oldest" json:"oldest,omitzero"`
	Finished time.Time `firestore:"finished" json:"finished,omitzero"`
}

// History is what planning the next sync, up to now, needs to know. After a
// change of settings nothing before counts: they may read every item otherwise.
func (c Catalog) History(now time.Time) catalog.History {
	if c.Syncs.Whole.Settings != c.Current.Version {
		return catalog.History{Now: now}
	}
	return catalog.History{Now: now, LastComplete: c.Syncs.Complete.Started, LastWhole: c.Syncs.Whole.Started}
}

func (s *Store) catalogs() docs.Collection[Catalog] { return docs.In[Catalog](s.db, "catalogs") }

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{
		{Collection: "items", Fields: []string{"category", "available"}},
		{Collection: "items", Fields: []string{"category", "terms[]"}},
		{Collection: "items", Fields: []string{"available", "terms[]"}},
		{Collection: "items", Fields: []string{"category", "available", "terms[]"}},
	}
}

// Plains are the fields that no query uses: items change by the thousand, and a
// manifest holds more entries than a document may have indexed fields.
func Plains() []docs.Plain {
	return []docs.Plain{
		{Collection: "catalogs", Field: "current"}, {Collection: "catalogs", Field: "syncs"},
		{Collection: "versions", Field: "settings"}, {Collection: "versions", Field: "at"},
		{Collection: "manifests", Field: "entries"}, {Collection: "manifests", Field: "images"},
		{Collection: "items", Field: "description"}, {Collection: "items", Field: "updatedAt"}, {Collection: "items", Field: "delisted"},
	}
}
