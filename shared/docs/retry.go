package docs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// retryFor bounds how long a call is tried again while Firestore refuses it. The
// client itself would go on until the deadline, and its caller wait for nothing.
const retryFor = 2 * time.Second

type triesKey struct{}

// tries are those of one call.
type tries struct {
	mu      sync.Mutex
	failing time.Time // guarded by mu: since when; zero = not yet
}

// bounded returns ctx for one call, whose tries end in time.
func bounded(ctx context.Context) context.Context {
	return context.WithValue(ctx, triesKey{}, &tries{})
}

// after is the error of a try that ended so: one that the client takes as final
// if tries have gone on for too long.
func (t *tries) after(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !temporary(err):
		t.failing = time.Time{}
		return err
	case t.failing.IsZero():
		t.failing = time.Now()
		return err
	case time.Since(t.failing) < retryFor:
		return err
	}
	return &downError{err}
}

// temporary reports whether the client would try again after err.
func temporary(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.Internal, codes.Aborted:
		return true
	}
	return false
}

// downError ends a call that failed for too long.
type downError struct{ last error }

func (e *downError) Error() string { return fmt.Sprintf("tried for %v: %v", retryFor, e.last) }

// Unwrap makes errors.Is(err, ErrUnavailable) true.
func (e *downError) Unwrap() error { return ErrUnavailable }

// GRPCStatus keeps the client from retrying.
func (e *downError) GRPCStatus() *status.Status { return status.New(codes.Unknown, e.Error()) }

func retryUnary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, conn, opts...)
	if t, ok := ctx.Value(triesKey{}).(*tries); ok {
		return t.after(err)
	}
	return err
}

func retryStream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := stream(ctx, desc, conn, method, opts...)
	t, ok := ctx.Value(triesKey{}).(*tries)
	switch {
	case !ok:
		return s, err
	case err != nil:
		return nil, t.after(err)
	}
	return &triedStream{s, t}, nil
}

// triedStream is a read that may fail after it has begun.
type triedStream struct {
	grpc.ClientStream
	tries *tries
}

func (s *triedStream) RecvMsg(m any) error { return s.tries.after(s.ClientStream.RecvMsg(m)) }
