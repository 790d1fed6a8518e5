package docs

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrNotFound is returned for a document that is not there.
	ErrNotFound = errors.New("document not found")

	// ErrExists is returned by a commit that creates a document that is there.
	ErrExists = errors.New("document exists")

	// ErrDuplicate is returned by a commit with [Once] for an event that had its
	// effect before.
	ErrDuplicate = errors.New("event was handled before")

	// ErrConflict is returned by a commit that replaces a document which has
	// changed since it was read, or merges into one that is not there.
	ErrConflict = errors.New("document has changed")

	// ErrTooLarge is returned for a commit over 10 MiB, or a document over 1 MiB.
	ErrTooLarge = errors.New("too large for Firestore")

	// ErrUnavailable is returned while Firestore does not answer, or is overloaded.
	// Whether a commit had its effect is not known.
	ErrUnavailable = errors.New("firestore is unavailable")

	// ErrUnbounded is returned for a query without a limit.
	ErrUnbounded = errors.New("query without a limit")

	// ErrBadID is returned for an id that cannot name a document.
	ErrBadID = errors.New("bad document id")
)

type tooLargeError struct{ size int }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("commit of %d bytes, at most %d fit; divide it", e.size, maxCommit)
}

// Unwrap makes errors.Is(err, ErrTooLarge) true.
func (e *tooLargeError) Unwrap() error { return ErrTooLarge }

// GRPCStatus keeps the client from retrying.
func (e *tooLargeError) GRPCStatus() *status.Status {
	return status.New(codes.InvalidArgument, e.Error())
}

// classify adds the sentinel that fits Firestore's answer.
func classify(err error) error {
	var large *tooLargeError
	if err == nil || errors.As(err, &large) || errors.Is(err, ErrUnavailable) {
		return err
	}
	sentinel := map[codes.Code]error{
		codes.NotFound:           ErrNotFound,
		codes.AlreadyExists:      ErrExists,
		codes.FailedPrecondition: ErrConflict,
		codes.Aborted:            ErrUnavailable,
		codes.DeadlineExceeded:   ErrUnavailable,
		codes.ResourceExhausted:  ErrUnavailable,
		codes.Unavailable:        ErrUnavailable,
		codes.Internal:           ErrUnavailable,
	}[status.Code(err)]
	if errors.Is(err, context.DeadlineExceeded) {
		sentinel = ErrUnavailable
	}
	if sentinel == nil {
		return err
	}
	return fmt.Errorf("%w: %w", sentinel, err)
}

// classifyRead is classify for a read, where a failed precondition means that a
// query needs an index, which its message names.
func classifyRead(err error) error {
	if status.Code(err) == codes.FailedPrecondition {
		return err
	}
	return classify(err)
}
