package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// etag names a version of what can be edited.
func etag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// Conditional is the part of a request that edits what its caller has read. It is
// exported for huma, which skips embedded types that are not.
type Conditional struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"the ETag of what was edited; without it, whatever is stored is replaced"`
}

// anyVersion is expected by those who replace what they have not seen.
const anyVersion = -1

// expected returns the version that the caller edited, or anyVersion.
func (c Conditional) expected() (int, error) {
	tag := strings.TrimPrefix(strings.TrimSpace(c.IfMatch), "W/")
	if tag == "" || tag == "*" {
		return anyVersion, nil
	}
	n, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || n < 0 {
		return 0, huma.Error422UnprocessableEntity("If-Match is no ETag of this resource",
			&huma.ErrorDetail{Location: "header.If-Match", Message: "use the ETag that came with what was edited"})
	}
	return n, nil
}

// stale refuses an edit of a version that is no longer stored, with the one that
// is.
func stale(current int) error {
	refused := huma.Error412PreconditionFailed(
		fmt.Sprintf("version %d is stored, not the one that was edited: read it again and send its ETag as If-Match", current),
		&huma.ErrorDetail{Location: "header.If-Match", Message: "is not the version that is stored", Value: current})
	return huma.ErrorWithHeaders(refused, http.Header{"Etag": {etag(current)}})
}
