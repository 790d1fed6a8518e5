package job

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknown is returned for a job that is not there.
	ErrUnknown = errors.New("unknown job")

	// ErrClosed is returned for a page of a job that has ended without it.
	ErrClosed = errors.New("job is closed")

	// ErrSettled is returned for a page on which there is nothing left to do: it is
	// done, or its job is cancelled.
	ErrSettled = errors.New("page is settled")

	// ErrSuperseded is returned for the retry of a job that a newer one followed.
	ErrSuperseded = errors.New("job is superseded")

	// ErrBusy is the cause of every [*BusyError].
	ErrBusy = errors.New("another job is at it")
)

// BusyError says that a job cannot run beside or after another.
type BusyError struct {
	Lock   string
	Holder ID
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s is held by job %s: wait for it, join it or cancel it", e.Lock, e.Holder)
}

// Unwrap makes errors.Is(err, ErrBusy) true.
func (e *BusyError) Unwrap() error { return ErrBusy }
