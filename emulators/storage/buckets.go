package storage

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"

	raw "google.golang.org/api/storage/v1"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)

func (s *Server) insertBucket(r *http.Request) (any, error) {
	if err := s.allow(r, "", everything); err != nil {
		return nil, err
	}
	meta := &raw.Bucket{}
	if err := decode(r, meta); err != nil {
		return nil, err
	}
	if !bucketName.MatchString(meta.Name) {
		return nil, invalid("Invalid bucket name: '%s'", meta.Name)
	}
	now := s.options.Now().UTC().Format(time.RFC3339Nano)
	meta.Kind, meta.Id = "storage#bucket", meta.Name
	meta.TimeCreated, meta.Updated, meta.Metageneration, meta.Etag = now, now, 1, "1"
	meta.Location = cmp.Or(meta.Location, "US")
	meta.StorageClass = cmp.Or(meta.StorageClass, "STANDARD")
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	if _, taken := s.index.buckets[meta.Name]; taken {
		return nil, conflict("Your previous request to create the named bucket succeeded and you already own it.")
	}
	b := &bucket{meta: meta, policy: &raw.Policy{Kind: "storage#policy", Etag: "1"}, objects: map[string]object{}}
	if err := s.index.store.putBucket(b); err != nil {
		return nil, err
	}
	s.index.buckets[meta.Name] = b
	return meta, nil
}

func (s *Server) getBucket(r *http.Request) (any, error) {
	return s.withBucket(r, func(b *bucket) (any, error) { return b.meta, nil })
}

func (s *Server) listBuckets(r *http.Request) (any, error) {
	if err := s.allow(r, "", everything); err != nil {
		return nil, err
	}
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	page := &raw.Buckets{Kind: "storage#buckets"}
	for _, name := range slices.Sorted(maps.Keys(s.index.buckets)) {
		page.Items = append(page.Items, s.index.buckets[name].meta)
	}
	return page, nil
}

// patchBucket changes what has no effect here (labels, CORS, lifecycle) and
// remembers it.
func (s *Server) patchBucket(r *http.Request) (any, error) {
	changes, err := decodeChanges(r, "labels", "cors", "lifecycle", "website", "versioning", "iamConfiguration", "storageClass", "softDeletePolicy")
	if err != nil {
		return nil, err
	}
	return s.withBucket(r, func(b *bucket) (any, error) {
		meta, err := merged(b.meta, changes)
		if err != nil {
			return nil, err
		}
		meta.Metageneration++
		meta.Etag = fmt.Sprint(meta.Metageneration)
		meta.Updated = s.options.Now().UTC().Format(time.RFC3339Nano)
		return meta, s.replace(b, meta, b.policy)
	})
}

func (s *Server) deleteBucket(r *http.Request) (any, error) {
	return s.withBucket(r, func(b *bucket) (any, error) {
		if len(b.names) > 0 {
			return nil, conflict("The bucket you tried to delete is not empty.")
		}
		if err := s.index.store.deleteBucket(b.meta.Name); err != nil {
			return nil, err
		}
		delete(s.index.buckets, b.meta.Name)
		return nil, nil
	})
}

func (s *Server) getPolicy(r *http.Request) (any, error) {
	return s.withBucket(r, func(b *bucket) (any, error) { return b.policy, nil })
}

func (s *Server) setPolicy(r *http.Request) (any, error) {
	policy := &raw.Policy{}
	if err := decode(r, policy); err != nil {
		return nil, err
	}
	return s.withBucket(r, func(b *bucket) (any, error) {
		if policy.Etag != "" && policy.Etag != b.policy.Etag {
			return nil, errPrecondition
		}
		policy.Kind = "storage#policy"
		policy.Etag = b.policy.Etag + "1"
		return policy, s.replace(b, b.meta, policy)
	})
}

func (s *Server) testPermissions(r *http.Request) (any, error) {
	return s.withBucket(r, func(*bucket) (any, error) {
		return &raw.TestIamPermissionsResponse{Permissions: r.URL.Query()["permissions"]}, nil
	})
}

// withBucket performs do on the bucket of the path, for callers with credentials.
func (s *Server) withBucket(r *http.Request, do func(*bucket) (any, error)) (any, error) {
	name := r.PathValue("bucket")
	if err := s.allow(r, name, everything); err != nil {
		return nil, err
	}
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	b, err := s.index.bucket(name)
	if err != nil {
		return nil, err
	}
	return do(b)
}

// replace changes a bucket; index.mu is held.
func (s *Server) replace(b *bucket, meta *raw.Bucket, policy *raw.Policy) error {
	if err := s.index.store.putBucket(&bucket{meta: meta, policy: policy}); err != nil {
		return err
	}
	b.meta, b.policy = meta, policy
	return nil
}
