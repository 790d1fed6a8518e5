package event

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// fault is what is wrong with a field; a zero fault is nothing wrong.
type fault struct{ field, problem string }

// check returns the first of faults as an error.
func check(t Type, faults ...fault) error {
	for _, f := range faults {
		if f != (fault{}) {
			return &InvalidError{Type: t, Field: f.field, Problem: f.problem}
		}
	}
	return nil
}

func when(wrong bool, field, problem string) fault {
	if !wrong {
		return fault{}
	}
	return fault{field, problem}
}

func required(field, value string) fault {
	return when(value == "", field, "must not be empty")
}

func atLeast[T cmp.Ordered](field string, value, least T) fault {
	return when(value < least, field, fmt.Sprintf("must be at least %v, is %v", least, value))
}

func oneOf(field, value string, allowed ...string) fault {
	return when(!slices.Contains(allowed, value), field, fmt.Sprintf("is %q, must be one of %s", value, strings.Join(allowed, ", ")))
}

func ordered(first string, from time.Time, then string, to time.Time) fault {
	return when(to.Before(from), then, "must not be before "+first)
}
