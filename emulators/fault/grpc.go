package fault

import (
	"context"
	"path"

	"google.golang.org/grpc"
)

// Unary returns an interceptor that applies the rules to unary calls.
func (i *Injector) Unary() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if i.rules.Load() == nil {
			return handle(ctx, req)
		}
		var resp any
		err := i.Call(ctx, path.Base(info.FullMethod), func(ctx context.Context) (err error) {
			resp, err = handle(ctx, req)
			return err
		})
		if err != nil {
			return nil, err
		}
		return resp, nil
	}
}

// Stream returns an interceptor that applies the rules when a stream opens.
// With After, the stream runs its course and then ends in the failure.
func (i *Injector) Stream() grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		if i.rules.Load() == nil {
			return handle(srv, stream)
		}
		return i.Call(stream.Context(), path.Base(info.FullMethod), func(context.Context) error {
			return handle(srv, stream)
		})
	}
}
