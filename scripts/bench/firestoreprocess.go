package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	emulator "lastmile/emulators/firestore"
	"lastmile/emulators/google"
)

// firestoreProcess is a Firestore server in a process of its own.
type firestoreProcess struct {
	*process
	conn *grpc.ClientConn // since dial
}

// firestoreChild is the argument that makes this program a Firestore server.
const firestoreChild = "child-firestore"

// serveFirestore is the body of the child: a server at addr, until ctx ends.
func serveFirestore(ctx context.Context, addr string) error {
	srv, err := emulator.Start(emulator.Options{Addr: addr})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return srv.Close()
}

func startOurFirestore(ctx context.Context) (*firestoreProcess, error) {
	p, err := startChild(ctx, firestoreChild)
	return &firestoreProcess{process: p}, err
}

func startGoogleFirestore(ctx context.Context) (*firestoreProcess, error) {
	p, err := startGoogles(ctx, google.Firestore)
	return &firestoreProcess{process: p}, err
}

// dial connects as to a Firestore that trusts everybody.
func (p *firestoreProcess) dial(ctx context.Context) (*firestore.Client, error) {
	conn, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(firestoreOwner{}))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", p.addr, err)
	}
	p.conn = conn
	return firestore.NewClient(ctx, "bench", option.WithGRPCConn(conn))
}

// firestoreOwner is the credential with which Google's emulator skips rules.
type firestoreOwner struct{}

func (firestoreOwner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (firestoreOwner) RequireTransportSecurity() bool { return false }

// await returns when the server answers. It knocks on the port first, so that
// no connection backs off.
func (p *firestoreProcess) await(ctx context.Context, client *firestore.Client) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		conn, err := net.Dial("tcp", p.addr)
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		_ = conn.Close()
		_, err = client.Doc("a/b").Get(ctx)
		if status.Code(err) == codes.NotFound {
			return nil
		}
	}
	return fmt.Errorf("await %s: %w", p.addr, ctx.Err())
}
