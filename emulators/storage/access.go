package storage

import (
	"net/http"
	"slices"
)

// The permissions that a policy can open to everybody.
const (
	readObjects = "storage.objects.get"
	listObjects = "storage.objects.list"
	everything  = "" // what no policy opens
)

// publicRoles are the roles that give allUsers something.
var publicRoles = map[string][]string{
	"roles/storage.legacyObjectReader": {readObjects},
	"roles/storage.objectViewer":       {readObjects, listObjects},
	"roles/storage.objectAdmin":        {readObjects, listObjects},
	"roles/storage.legacyBucketReader": {listObjects},
}

// allow refuses callers without credentials what the bucket's policy does not
// open to everybody.
func (s *Server) allow(r *http.Request, bucketName, permission string) error {
	if r.Header.Get("Authorization") != "" || r.Header.Get("X-Goog-Api-Client") != "" {
		return nil
	}
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	if b, ok := s.index.buckets[bucketName]; ok && b.open(permission) {
		return nil
	}
	need := permission
	if need == everything {
		need = "storage.objects.create"
	}
	return &failure{http.StatusUnauthorized, "required", "AccessDenied",
		"Anonymous caller does not have " + need + " access to the Google Cloud Storage object. Permission '" + need + "' denied on resource (or it may not exist)."}
}

// open reports whether the policy gives permission to everybody; index.mu is held.
func (b *bucket) open(permission string) bool {
	for _, binding := range b.policy.Bindings {
		if slices.Contains(publicRoles[binding.Role], permission) && slices.Contains(binding.Members, "allUsers") {
			return true
		}
	}
	return false
}
