package storage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	raw "google.golang.org/api/storage/v1"
)

// index knows every bucket and object.
type index struct {
	now   func() time.Time
	blobs *blobs
	store *store

	mu         sync.RWMutex
	buckets    map[string]*bucket
	generation int64 // the last one given
}

// bucket is guarded by index.mu; what its pointers point at never changes.
type bucket struct {
	meta    *raw.Bucket
	policy  *raw.Policy
	objects map[string]object
	names   []string // of objects, sorted
}

// object is one object; the metadata it points at never changes.
type object struct {
	meta *raw.Object
	blob blob
}

func newIndex(o Options, shelf *blobs) (*index, error) {
	x := &index{now: o.Now, blobs: shelf, buckets: map[string]*bucket{}}
	if o.Dir == "" {
		return x, nil
	}
	opened, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	x.store = opened
	if err := x.load(); err != nil {
		_ = opened.close()
		return nil, fmt.Errorf("load %s: %w", o.Dir, err)
	}
	return x, nil
}

func (x *index) close() error { return x.store.close() }

// bucket returns a bucket; index.mu is held.
func (x *index) bucket(name string) (*bucket, error) {
	b, ok := x.buckets[name]
	if !ok {
		return nil, errNoBucket
	}
	return b, nil
}

// find returns an object that meets c.
func (x *index) find(bucketName, name string, c conditions) (object, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, o, err := x.get(bucketName, name, c)
	return o, err
}

// open returns an object that meets c and a reader of its content.
func (x *index) open(bucketName, name string, c conditions) (object, io.ReadSeekCloser, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, o, err := x.get(bucketName, name, c)
	if err != nil {
		return object{}, nil, err
	}
	r, err := x.blobs.open(o.blob)
	return o, r, err
}

// get returns an object that meets c, and its bucket; index.mu is held.
func (x *index) get(bucketName, name string, c conditions) (*bucket, object, error) {
	b, err := x.bucket(bucketName)
	if err != nil {
		return nil, object{}, err
	}
	o, ok := b.objects[name]
	if !ok || c.generation != 0 && c.generation != o.meta.Generation {
		return nil, object{}, notFound("No such object: %s/%s", bucketName, name)
	}
	return b, o, c.check(o.meta)
}

// put makes an object of meta and content, in place of the one there is, if
// that meets c. The content belongs to the index unless there is an error.
func (x *index) put(bucketName string, meta *raw.Object, content blob, c conditions) (*raw.Object, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, err := x.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	old, replaces := b.objects[meta.Name]
	if err := c.check(old.meta); err != nil {
		return nil, err
	}
	x.stamp(bucketName, meta)
	if err := x.store.putObject(bucketName, object{meta: meta, blob: content}); err != nil {
		return nil, err
	}
	b.objects[meta.Name] = object{meta: meta, blob: content}
	if replaces {
		x.blobs.remove(old.blob)
	} else {
		at, _ := slices.BinarySearch(b.names, meta.Name)
		b.names = slices.Insert(b.names, at, meta.Name)
	}
	return meta, nil
}

// stamp fills in what the service decides about a new object.
func (x *index) stamp(bucketName string, meta *raw.Object) {
	now := x.now().UTC()
	x.generation = max(x.generation+1, now.UnixMicro())
	meta.Kind = "storage#object"
	meta.Bucket = bucketName
	meta.Generation = x.generation
	meta.Metageneration = 1
	meta.Id = fmt.Sprintf("%s/%s/%d", bucketName, meta.Name, meta.Generation)
	meta.StorageClass = cmp.Or(meta.StorageClass, "STANDARD")
	meta.TimeCreated = now.Format(time.RFC3339Nano)
	meta.TimeFinalized, meta.TimeStorageClassUpdated = meta.TimeCreated, meta.TimeCreated
	meta.Updated = meta.TimeCreated
	meta.Etag = etag(meta)
}

// edit replaces the metadata of an object that meets c by what change makes of it.
func (x *index) edit(bucketName, name string, c conditions, change func(*raw.Object) error) (*raw.Object, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, o, err := x.get(bucketName, name, c)
	if err != nil {
		return nil, err
	}
	changed := cloneJSON(o.meta)
	if err := change(changed); err != nil {
		return nil, err
	}
	changed.Metageneration++
	changed.Updated = x.now().UTC().Format(time.RFC3339Nano)
	changed.Etag = etag(changed)
	o.meta = changed
	if err := x.store.putObject(bucketName, o); err != nil {
		return nil, err
	}
	b.objects[name] = o
	return changed, nil
}

// remove deletes an object that meets c.
func (x *index) remove(bucketName, name string, c conditions) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	b, o, err := x.get(bucketName, name, c)
	if err != nil {
		return err
	}
	if err := x.store.deleteObject(bucketName, name); err != nil {
		return err
	}
	delete(b.objects, name)
	at, _ := slices.BinarySearch(b.names, name)
	b.names = slices.Delete(b.names, at, at+1)
	x.blobs.remove(o.blob)
	return nil
}

// cloneJSON is a deep copy of an API struct.
func cloneJSON[T any](v *T) *T {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("an API struct that cannot be marshalled: %v", err))
	}
	c := new(T)
	if err := json.Unmarshal(b, c); err != nil {
		panic(fmt.Sprintf("an API struct that cannot be unmarshalled: %v", err))
	}
	return c
}
