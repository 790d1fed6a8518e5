//go:build !linux || !amd64

package e2e_test

import (
	"errors"
	"time"
)

// skew can be had on Linux and amd64 only.
func skew(int, time.Duration) error { return errors.ErrUnsupported }
