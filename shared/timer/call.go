package timer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"lastmile/shared/logs"
)

// ErrMalformed is returned for a body that is not a timer's call.
var ErrMalformed = errors.New("not a timer's call")

// maxCall bounds the body of a call, in bytes.
const maxCall = 64 << 10

// DecodeCall reads the call of a timer to the function of this name.
func DecodeCall(r *http.Request, function string) (Call, error) {
	c := Call{}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxCall)).Decode(&c); err != nil {
		return c, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	c.Function = function
	switch {
	case c.Entity == "":
		return c, fmt.Errorf("%w: entity is missing", ErrMalformed)
	case c.Kind == "":
		return c, fmt.Errorf("%w: kind is missing", ErrMalformed)
	case c.Due.IsZero():
		return c, fmt.Errorf("%w: due is missing", ErrMalformed)
	}
	return c, nil
}

// In returns ctx with the trace, request, caller, job and entity that the timer
// was scheduled in.
func (c Call) In(ctx context.Context) context.Context {
	return logs.Restore(ctx, func(key string) string { return c.Context[key] })
}
