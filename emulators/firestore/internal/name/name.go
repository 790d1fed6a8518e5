// Package name owns the names of documents and collections.
//
// It turns a resource name ("projects/p/databases/d/documents/users/u1") into
// a database and a [Key], and promises that keys sort, byte by byte, as
// Firestore sorts document names.
package name

import (
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const sep = "\x00"

// Key is a path below a database's root: every segment, followed by a NUL
// byte. A document's key is a prefix of the keys of all its descendants.
type Key string

// Document parses the full name of a document.
func Document(full string) (database string, k Key, err error) {
	database, k, err = Parent(full)
	if err == nil && (k == "" || k.depth()%2 != 0) {
		err = status.Errorf(codes.InvalidArgument,
			"Document name %q must name a document: an even number of segments after \"documents\".", full)
	}
	return database, k, err
}

// Parent parses the name of a document or of the root
// ("projects/p/databases/d/documents"), whose key is empty.
func Parent(full string) (database string, k Key, err error) {
	database, rest, ok := strings.Cut(full, "/documents")
	if !ok || (rest != "" && rest[0] != '/') {
		return "", "", status.Errorf(codes.InvalidArgument,
			"Resource name %q does not contain \"projects/{project}/databases/{database}/documents\".", full)
	}
	if err := CheckDatabase(database); err != nil {
		return "", "", err
	}
	if rest == "" {
		return database, "", nil
	}
	k, err = relative(full, rest[1:])
	return database, k, err
}

var databaseName = regexp.MustCompile(`^projects/[a-zA-Z0-9:][a-zA-Z0-9_.:-]*/databases/[a-zA-Z0-9(][a-zA-Z0-9_.()-]*$`)

// CheckDatabase refuses what is not "projects/{project}/databases/{database}".
func CheckDatabase(database string) error {
	if !databaseName.MatchString(database) {
		return status.Errorf(codes.InvalidArgument,
			"Database %q must have the form \"projects/{project}/databases/{database}\".", database)
	}
	return nil
}

func relative(full, path string) (Key, error) {
	if len(path) > maxPath {
		return "", status.Errorf(codes.InvalidArgument, "Document name is longer than %d bytes.", maxPath)
	}
	for segment := range strings.SplitSeq(path, "/") {
		if err := CheckID(segment); err != nil {
			return "", status.Errorf(codes.InvalidArgument, "Resource name %q is not valid: %s", full, status.Convert(err).Message())
		}
	}
	return Key(strings.ReplaceAll(path, "/", sep) + sep), nil
}

// Child is the key of id below k.
func (k Key) Child(id string) Key { return k + Key(id) + sep }

// ID is the last segment.
func (k Key) ID() string {
	s := strings.TrimSuffix(string(k), sep)
	return s[strings.LastIndex(s, sep)+1:]
}

// Up is the key without its last segment.
func (k Key) Up() Key {
	s := strings.TrimSuffix(string(k), sep)
	return k[:strings.LastIndex(s, sep)+1]
}

// Group is the collection id of a document's key.
func (k Key) Group() string { return k.Up().ID() }

// In tells whether the document k lies directly in collection.
func (k Key) In(collection Key) bool {
	rest, ok := strings.CutPrefix(string(k), string(collection))
	return ok && strings.Count(rest, sep) == 1
}

// Under tells whether k is a descendant of the document or root ancestor.
func (k Key) Under(ancestor Key) bool {
	return len(k) > len(ancestor) && strings.HasPrefix(string(k), string(ancestor))
}

// Next is the first segment of k below ancestor.
func (k Key) Next(ancestor Key) string {
	segment, _, _ := strings.Cut(string(k[len(ancestor):]), sep)
	return segment
}

// Full is the resource name of k in database.
func (k Key) Full(database string) string {
	path := strings.ReplaceAll(strings.TrimSuffix(string(k), sep), sep, "/")
	return database + "/documents/" + path
}

func (k Key) depth() int { return strings.Count(string(k), sep) }
