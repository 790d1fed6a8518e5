package storage

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	raw "google.golang.org/api/storage/v1"
)

// store keeps the index in a file, as it changes; the contents are files of
// their own. A nil store keeps nothing. Writes go to the page cache unsynced:
// they survive the death of the process.
type store struct{ db *bbolt.DB }

var (
	bucketsBucket = []byte("buckets") // name -> keptBucket
	objectsBucket = []byte("objects") // bucket, NUL, name -> keptObject
)

type keptBucket struct {
	Meta   *raw.Bucket
	Policy *raw.Policy
}

type keptObject struct {
	Meta *raw.Object
	File string
}

func openStore(dir string) (*store, error) {
	db, err := bbolt.Open(filepath.Join(dir, "storage.db"), 0o600, &bbolt.Options{Timeout: time.Second, NoSync: true})
	if err != nil {
		return nil, fmt.Errorf("open %s/storage.db (is another emulator using it?): %w", dir, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(bucketsBucket); err != nil {
			return err
		}
		_, err := tx.CreateBucketIfNotExists(objectsBucket)
		return err
	})
	return &store{db: db}, err
}

func (s *store) close() error {
	if s == nil {
		return nil
	}
	return s.db.Close()
}

func (s *store) putBucket(b *bucket) error {
	return s.put(bucketsBucket, b.meta.Name, keptBucket{b.meta, b.policy})
}

func (s *store) putObject(bucketName string, o object) error {
	return s.put(objectsBucket, objectKey(bucketName, o.meta.Name), keptObject{o.meta, o.blob.File})
}

func (s *store) deleteBucket(name string) error { return s.delete(bucketsBucket, name) }

func (s *store) deleteObject(bucketName, name string) error {
	return s.delete(objectsBucket, objectKey(bucketName, name))
}

func objectKey(bucketName, name string) string { return bucketName + "\x00" + name }

func (s *store) put(in []byte, key string, v any) error {
	if s == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(in).Put([]byte(key), b) })
}

func (s *store) delete(in []byte, key string) error {
	if s == nil {
		return nil
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(in).Delete([]byte(key)) })
}

// load takes over what the store holds and removes contents without an object.
func (x *index) load() error {
	kept := map[string]bool{}
	err := x.store.db.View(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(bucketsBucket).ForEach(x.loadBucket); err != nil {
			return err
		}
		return tx.Bucket(objectsBucket).ForEach(func(key, value []byte) error {
			var o keptObject
			if err := json.Unmarshal(value, &o); err != nil {
				return fmt.Errorf("object %q: %w", key, err)
			}
			kept[o.File] = true
			return x.loadObject(string(key), o)
		})
	})
	if err != nil {
		return err
	}
	return x.blobs.sweep(kept)
}

func (x *index) loadBucket(name, value []byte) error {
	var b keptBucket
	if err := json.Unmarshal(value, &b); err != nil {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	x.buckets[string(name)] = &bucket{meta: b.Meta, policy: b.Policy, objects: map[string]object{}}
	return nil
}

// loadObject adds an object; they come in the order of their names.
func (x *index) loadObject(key string, o keptObject) error {
	bucketName, name, _ := strings.Cut(key, "\x00")
	b, err := x.bucket(bucketName)
	if err != nil {
		return fmt.Errorf("object %q: %w", key, err)
	}
	if _, err := os.Stat(filepath.Join(x.blobs.dir, o.File)); err != nil {
		return fmt.Errorf("object %q: %w", key, err)
	}
	b.objects[name] = object{meta: o.Meta, blob: blob{File: o.File}}
	b.names = append(b.names, name)
	x.generation = max(x.generation, o.Meta.Generation)
	return nil
}
