package name

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Google's limits, in bytes.
const (
	maxID   = 1500
	maxPath = 6 << 10
)

// CheckID refuses what cannot be the id of a document or collection.
func CheckID(id string) error {
	switch {
	case id == "":
		return status.Error(codes.InvalidArgument, "An id must not be empty.")
	case id == "." || id == "..":
		return status.Errorf(codes.InvalidArgument, "The id %q is not allowed.", id)
	case len(id) > maxID:
		return status.Errorf(codes.InvalidArgument, "The id is longer than %d bytes.", maxID)
	case len(id) >= 4 && strings.HasPrefix(id, "__") && strings.HasSuffix(id, "__"):
		return status.Errorf(codes.InvalidArgument, "The id %q is reserved.", id)
	case strings.ContainsAny(id, "/\x00"):
		return status.Errorf(codes.InvalidArgument, "The id %q contains a slash or a NUL byte.", id)
	case !utf8.ValidString(id):
		return status.Errorf(codes.InvalidArgument, "The id %q is not valid UTF-8.", id)
	}
	return nil
}
