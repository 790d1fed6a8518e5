package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	emulator "lastmile/emulators/firestore"
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
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return startFirestore(addr, exec.CommandContext(ctx, "java", "-Duser.language=en", "-cp", googleFirestoreJar(),
		"com.google.cloud.datastore.emulator.firestore.CloudFirestore", "--host="+host, "--port="+port))
}

// googleFirestoreJar finds Google's emulator, "" if it or java is missing.
func googleFirestoreJar() string {
	if _, err := exec.LookPath("java"); err != nil {
		return ""
	}
	for _, sdk := range []string{os.Getenv("GOOGLE_CLOUD_SDK"), "/usr/lib/google-cloud-sdk"} {
		jar := filepath.Join(sdk, "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
		if _, err := os.Stat(jar); err == nil {
			return jar
		}
	}
	return ""
}

func startFirestore(addr string, cmd *exec.Cmd) (*firestoreProcess, error) {
	p, err := startProcess(addr, cmd)
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
