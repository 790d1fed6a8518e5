package firestore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lastmile/emulators/firestore/internal/store"
	"lastmile/emulators/firestore/internal/txn"
	"lastmile/emulators/firestore/internal/wal"
)

// database is one database: it comes to be when it is first named.
type database struct {
	name  string
	store *store.Store
	txns  *txn.Manager
	log   *wal.Log // nil: memory only
}

// openDatabase reads back what dir ("" is memory only) keeps of a database.
func openDatabase(full, dir string, now func() time.Time) (*database, error) {
	s := store.New(full, now)
	d := &database{name: full, store: s, txns: txn.NewManager(s, now)}
	if dir == "" {
		return d, nil
	}
	log, err := wal.Open(filepath.Join(dir, filepath.FromSlash(full)), s.Restore)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", full, err)
	}
	s.Keep(log)
	d.log = log
	return d, nil
}

// databasesIn lists the databases that dir keeps.
func databasesIn(dir string) (names []string, err error) {
	if dir == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(dir, "projects", "*", "databases", "*"))
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	for _, p := range paths {
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return nil, fmt.Errorf("list databases: %w", err)
		}
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			names = append(names, strings.ReplaceAll(rel, string(filepath.Separator), "/"))
		}
	}
	return names, nil
}

// housekeep ends stale transactions and keeps memory and disk bounded.
func (d *database) housekeep() error {
	d.txns.Expire()
	d.store.Trim()
	if d.log == nil || !d.log.Full(d.store.Stats().Bytes) {
		return nil
	}
	return d.log.Compact(d.store.Freeze)
}

func (d *database) close() error {
	if d.log == nil {
		return nil
	}
	return d.log.Close()
}
