package timer

import (
	"context"
	"fmt"

	"lastmile/shared/shadow"
)

// note adds what is done to t to the handling that ctx belongs to, and reports
// whether it must not be done. The function and the due time are left out: the
// handlings compared are of two functions, with two clocks.
func note(ctx context.Context, verb string, t Timer) (dry bool) {
	h := shadow.Of(ctx)
	if h == nil {
		return false
	}
	effects := make(shadow.Effects)
	effects.Add(fmt.Sprintf("%s timer %s %s gen %d", verb, t.Entity, t.Kind, t.Gen), nil)
	h.Note(effects)
	return h.Dry
}
