package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/bulk"
	"lastmile/shared/job"
)

// submission asks for a job.
type submission struct {
	Body struct {
		Kind   string         `json:"kind" maxLength:"64" doc:"catalog.sync, or a bulk operation" example:"items.price"`
		Shop   string         `json:"shop" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"`
		Params map[string]any `json:"params,omitempty" doc:"parameters of the bulk operation" example:"{\"percent\": -10}"`
		Items  []string       `json:"items,omitempty" maxItems:"20000" doc:"the items to change"`
		Filter *bulk.Filter   `json:"filter,omitempty" doc:"selects the items to change; {} selects all"`
		File   string         `json:"file,omitempty" maxLength:"500" doc:"an NDJSON or CSV file in the private bucket"`
		FileID string         `json:"fileId,omitempty" maxLength:"64" doc:"an uploaded file of kind job.input, confirmed, of this shop"`
		Join   bool           `json:"join,omitempty" doc:"answer with the job that is already at it, not with a conflict"`
	}
}

// job returns the job that is asked for, and its list of items. Its error names
// every field that makes no sense.
func (s *submission) job(id job.ID, caller string, now time.Time) (job.Job, []string, error) {
	b := s.Body
	j := job.New(id, job.Kind(b.Kind), b.Shop, caller, now)
	var faults faults
	if j.Kind == job.CatalogSync {
		faults.when(len(b.Params) > 0, "body.params", "make no sense for a sync: leave them out")
		faults.when(s.inputs() > 0, "body", "a sync takes no items, filter, file or fileId: leave them out")
		return j, nil, faults.err()
	}
	operation, ok := bulk.Find(b.Kind)
	if !ok {
		faults.when(true, "body.kind", "is unknown: use "+kinds())
		return j, nil, faults.err()
	}
	params, err := bulk.Texts(b.Params)
	if err == nil && (b.File == "" && b.FileID == "" || len(params) > 0) {
		_, err = operation.Change(params)
	}
	faults.param("body.params.", err)
	faults.when(s.inputs() != 1, "body", "give exactly one of items, filter, file and fileId")
	faults.when(b.File != "" && !cleanName(b.File), "body.file", "is not the plain name of an object: use one like imports/prices.csv")
	if b.Filter != nil {
		faults.param("body.", b.Filter.Validate())
	}
	j.Params = params
	items := distinct(b.Items, &faults)
	j.Input = job.Input{Items: len(items), Digest: digest(items), Filter: b.Filter, File: b.File, FileID: b.FileID}
	return j, items, faults.err()
}

// inputs is how many kinds of input are given.
func (s *submission) inputs() int {
	n := 0
	for _, given := range []bool{len(s.Body.Items) > 0, s.Body.Filter != nil, s.Body.File != "", s.Body.FileID != ""} {
		if given {
			n++
		}
	}
	return n
}

func kinds() string {
	names := []string{string(job.CatalogSync)}
	for _, o := range bulk.Operations() {
		names = append(names, o.Kind)
	}
	return strings.Join(names, ", ")
}

func cleanName(name string) bool {
	return path.Clean("/"+name) == "/"+name && !strings.ContainsAny(name, "\\\x00\n")
}

// maxItemID bounds an item's id, in bytes.
const maxItemID = 500

// distinct returns items in order, each once: a list names a set.
func distinct(items []string, f *faults) []string {
	seen := make(map[string]bool, len(items))
	var kept []string
	for i, id := range items {
		if id == "" || len(id) > maxItemID {
			f.when(true, fmt.Sprintf("body.items[%d]", i), "must have 1 to 500 bytes")
			return nil
		}
		if !seen[id] {
			seen[id] = true
			kept = append(kept, id)
		}
	}
	return kept
}

// digest tells one list of items from another; empty for none.
func digest(items []string) string {
	if len(items) == 0 {
		return ""
	}
	h := sha256.New()
	for _, id := range items {
		fmt.Fprintf(h, "%d:%s", len(id), id) // cannot fail
	}
	return hex.EncodeToString(h.Sum(nil))
}

// faults collects what is wrong with a request, by field.
type faults []error

func (f *faults) when(wrong bool, field, problem string) {
	if wrong {
		*f = append(*f, &huma.ErrorDetail{Location: field, Message: problem})
	}
}

// param adds a parameter's fault, if err is one.
func (f *faults) param(prefix string, err error) {
	var p *bulk.ParamError
	if errors.As(err, &p) {
		f.when(true, prefix+p.Param, p.Problem+": "+p.Remedy)
	}
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return huma.Error422UnprocessableEntity("the job makes no sense as it is", f...)
}
