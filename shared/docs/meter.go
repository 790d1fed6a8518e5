package docs

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"lastmile/shared/logs"
)

// maxCommit bounds a commit, in bytes. Firestore refuses larger ones, but only
// when the deadline is over.
const maxCommit = 10 << 20

// meterUnary counts a round trip, and refuses a commit that cannot succeed.
func meterUnary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if c, ok := req.(*firestorepb.CommitRequest); ok {
		if size := proto.Size(c); size > maxCommit {
			return &tooLargeError{size}
		}
	}
	start := time.Now()
	err := invoke(ctx, method, req, reply, conn, opts...)
	logs.Trip(ctx, tripName(method), time.Since(start))
	return err
}

// meterStream counts a streaming read as one round trip, up to its first
// answer.
func meterStream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	start := time.Now()
	s, err := stream(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, err
	}
	return &meteredStream{ClientStream: s, name: tripName(method), start: start}, nil
}

type meteredStream struct {
	grpc.ClientStream
	name    string
	start   time.Time
	counted bool // owned by the receiving goroutine
}

func (s *meteredStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if !s.counted {
		s.counted = true
		logs.Trip(s.Context(), s.name, time.Since(s.start))
	}
	return err
}

func tripName(method string) string {
	return "firestore." + method[strings.LastIndexByte(method, '/')+1:]
}
