package pubsub

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var errStopped = status.Error(codes.Unavailable, "The service is shutting down.")

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func outOfRange(format string, args ...any) error {
	return status.Errorf(codes.OutOfRange, format, args...)
}

// notEmulated refuses a field that this service would otherwise silently ignore.
func notEmulated(field string) error {
	return status.Errorf(codes.Unimplemented, "%s is not emulated. Remove it, or use the real service.", field)
}

func notFound(name string) error {
	return status.Errorf(codes.NotFound, "Resource not found (resource=%s).", lastPart(name))
}

func exists(name string) error {
	return status.Errorf(codes.AlreadyExists, "Resource already exists in the project (resource=%s).", lastPart(name))
}

func precondition(format string, args ...any) error {
	return status.Errorf(codes.FailedPrecondition, format, args...)
}

func internal(format string, args ...any) error {
	return status.Errorf(codes.Internal, format, args...)
}

func errDetached(name string) error {
	return precondition("The subscription has been detached (resource=%s).", lastPart(name))
}
