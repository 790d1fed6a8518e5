package firestore

import (
	"encoding/base64"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Page sizes of listings.
const (
	defaultPage = 100
	maxPage     = 1000
)

func pageSize(wanted int32) (int, error) {
	switch {
	case wanted < 0:
		return 0, status.Errorf(codes.InvalidArgument, "page_size must not be negative: %d", wanted)
	case wanted == 0:
		return defaultPage, nil
	}
	return min(int(wanted), maxPage), nil
}

// token writes a cursor as a page token.
func token(c *pb.Cursor) string {
	b, err := proto.Marshal(c)
	if err != nil {
		return "" // a cursor of stored values always marshals
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseToken(text string) (*pb.Cursor, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errToken
	}
	c := &pb.Cursor{}
	if err := proto.Unmarshal(b, c); err != nil {
		return nil, errToken
	}
	return c, nil
}

var errToken = status.Error(codes.InvalidArgument, "The page token is not one this server gave out.")
